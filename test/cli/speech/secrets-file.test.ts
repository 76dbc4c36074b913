import { describe, expect, it } from 'vitest'
import { realFiles } from '../../../src/kit/files.ts'
import { aStage, type Stage } from '../../support/stage.ts'

const path = '/secrets.env'

describe('--secrets-file', () => {
  it.each([
    ['a name and a value', 'PADDLE_API_KEY=one', { PADDLE_API_KEY: 'one' }],
    [
      'quotes, comments, blank lines, export',
      '# keys\n\nexport PADDLE_API_KEY="one two"\nCPAY_SECRET_KEY=\'x=y\'\n',
      { PADDLE_API_KEY: 'one two', CPAY_SECRET_KEY: 'x=y' },
    ],
    [
      'lines that end as on Windows',
      'PADDLE_API_KEY=one\r\nCPAY_SECRET_KEY=two\r\n',
      { PADDLE_API_KEY: 'one', CPAY_SECRET_KEY: 'two' },
    ],
    ['a # in a value', 'PADDLE_API_KEY=pass#word # and more', { PADDLE_API_KEY: 'pass#word # and more' }],
    ['a value that the program would make itself', 'APP_KEY=base64:AAAA\n', { APP_KEY: 'base64:AAAA' }],
  ])('takes %s', async (_, text, expected) => {
    const stage = await aStage()
    await stage.files.writeText(path, text)
    const { exitCode, stderr } = await stage.run(['init', '--yes', '--secrets-file', path])
    expect(exitCode, stderr).toBe(0)
    for (const [name, value] of Object.entries(expected)) {
      for (const service of ['api', 'worker', 'scheduler']) expect(storedIn(stage, service)[name]).toEqual({ value })
    }
  })

  it.each([
    ['a file that is not there', undefined, 'There is no file /secrets.env', 'Check the path behind --secrets-file'],
    ['an empty one', '\n# nothing\n', '/secrets.env holds no secret', 'Write a line each: NAME=value'],
    [
      'a misspelt name',
      'PADLE_API_KEY=x',
      'holds PADLE_API_KEY, and the config knows no such secret',
      'Did you mean PADDLE_API_KEY?',
    ],
    [
      'names that are near to none',
      'QQQQ=x\nZZZZ=y',
      'holds QQQQ and ZZZZ, and the config knows no such secrets',
      'The config knows APP_KEY',
    ],
    [
      'a name without a value',
      'PADDLE_API_KEY=\n',
      'PADDLE_API_KEY has no value',
      'Give a value, or leave the line out',
    ],
    [
      'two of them',
      'PADDLE_API_KEY=\nCPAY_SECRET_KEY=""\n',
      'PADDLE_API_KEY and CPAY_SECRET_KEY have no value',
      'Give a value',
    ],
    [
      'a line that is none',
      'PADDLE_API_KEY=one\nhunter2 hunter2\n',
      'Line 2 of /secrets.env is not NAME=value',
      'Write a line each: NAME=value',
    ],
    [
      'a name twice',
      'PADDLE_API_KEY=hunter2\n\nPADDLE_API_KEY=hunter2\n',
      'Line 3 of /secrets.env gives the same name as line 1',
      'Write a line each: NAME=value',
    ],
  ])('refuses %s, and changes nothing', async (_, text, says, next) => {
    const stage = await aStage()
    if (text !== undefined) await stage.files.writeText(path, text)
    const { exitCode, documents } = await stage.run(['init', '--yes', '--json', '--secrets-file', path])
    expect(exitCode).toBe(64)
    expect(documents).toHaveLength(1)
    expect(documents[0]).toMatchObject({ type: 'failure', code: 'secrets-file-invalid', kind: 'usage' })
    expect(documents[0]?.message).toContain(says)
    expect(documents[0]?.message).toContain('Nothing was changed on the platform.')
    expect(documents[0]?.hint).toContain(next)
    expect(JSON.stringify(documents)).not.toContain('hunter2')
    expect(stage.platform.requests).toHaveLength(0)
  })

  it('refuses a directory, as the mistake in the command that it is', async () => {
    const stage = await aStage()
    const { readText } = stage.files
    stage.files.readText = (read) => (read === stage.stateDirectory ? realFiles.readText(read) : readText(read))
    const { exitCode, documents } = await stage.run(['plan', '--json', '--secrets-file', stage.stateDirectory])
    expect(exitCode).toBe(64)
    expect(documents[0]).toMatchObject({
      code: 'secrets-file-invalid',
      message: expect.stringContaining('could not be read: it is a directory'),
    })
  })

  it('- reads stdin, and says so when it holds nothing', async () => {
    const stage = await aStage()
    const { documents } = await stage.run(['plan', '--json', '--secrets-file', '-'], { stdin: '' })
    expect(documents[0]).toMatchObject({
      code: 'secrets-file-invalid',
      message: 'The input holds no secret. Nothing was changed on the platform.',
    })
    const { exitCode } = await stage.run(['init', '--yes', '--secrets-file', '-'], { stdin: 'PADDLE_API_KEY=one\n' })
    expect(exitCode).toBe(0)
    expect(storedIn(stage, 'worker').PADDLE_API_KEY).toEqual({ value: 'one' })
  })
})

function storedIn({ platform }: Stage, service: string) {
  const { config } = platform.world.environmentNamed('staging')
  return config.services?.[platform.world.serviceNamed(service).id]?.variables ?? {}
}
