import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { realFiles } from '../../src/kit/files.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('realFiles', () => {
  it('writes for the owner alone, makes the directories above, and reads back', async () => {
    const path = join(folder, 'a', 'b', 'note.json')
    await realFiles.writeText(path, 'grün')
    expect(await realFiles.readText(path)).toBe('grün')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700)
  })

  it('replaces a file as a whole, tightens its mode, and leaves no draft behind', async () => {
    const path = join(folder, 'note')
    await writeFile(path, 'a much longer text than the next one')
    await chmod(path, 0o644)
    await realFiles.writeText(path, 'short')
    expect(await realFiles.readText(path)).toBe('short')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['note'])
  })

  it('tells what is not there, also below a file', async () => {
    await writeFile(join(folder, 'file'), '')
    for (const path of [join(folder, 'absent'), join(folder, 'file', 'below')]) {
      expect(await realFiles.readText(path)).toBeUndefined()
    }
    expect(await realFiles.readText(join(folder, 'file'))).toBe('')
  })

  it('removes a file, and does not mind when it is gone', async () => {
    const path = join(folder, 'note')
    await realFiles.writeText(path, 'x')
    await realFiles.remove(path)
    await realFiles.remove(path)
    expect(await realFiles.readText(path)).toBeUndefined()
  })

  it.each([
    ['read a directory', (path: string) => realFiles.readText(path), 'read: it is a directory'],
    ['write over a directory', (path: string) => realFiles.writeText(path, 'x'), 'written: it is a directory'],
    ['remove a directory', (path: string) => realFiles.remove(path), 'removed'],
  ])('cannot %s, and names the path and why', async (_, act, why) => {
    const path = join(folder, 'taken')
    await mkdir(path)
    const refusal = {
      name: 'OperatorError',
      code: 'disk-refused',
      message: expect.stringContaining(`${path} could not be ${why}`),
    }
    await expect(act(path)).rejects.toMatchObject(refusal)
    expect(await readdir(folder)).toEqual(['taken'])
  })

  it.runIf(process.platform === 'linux')('gives up where the system makes nothing, as under /proc', async () => {
    await expect(realFiles.writeText('/proc/nope/deep/note', 'x')).rejects.toMatchObject({
      code: 'disk-refused',
      message: expect.stringContaining('nothing can be made there'),
    })
  })

  it('cannot write below a file', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(realFiles.writeText(join(folder, 'file', 'note'), 'x')).rejects.toMatchObject({
      code: 'disk-refused',
      message: expect.stringContaining('a part of the path is not a directory'),
    })
  })
})
