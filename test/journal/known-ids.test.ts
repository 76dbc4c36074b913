import { describe, expect, it } from 'vitest'
import { createKnownIds } from '../../src/journal/known-ids.ts'
import { OperatorError } from '../../src/kit/errors.ts'
import type { Files } from '../../src/kit/files.ts'
import { memoryFiles } from '../../src/kit/memory-files.ts'
import { id } from '../../src/platform/ids.ts'

const path = '/state/known-ids.json'
const railway = 'https://backboard.railway.com/graphql/v2'
const rehearsal = 'http://127.0.0.1:4100/graphql/v2'
const shop = { id: id<'project'>('p1'), name: 'shop' }
const environments = [
  { id: id<'environment'>('e1'), name: 'production' },
  { id: id<'environment'>('e2'), name: 'staging' },
]
const recalled = { projectId: 'p1', environments: { production: 'e1', staging: 'e2' } }

describe('known ids', () => {
  it('are recalled by project, and unknown before', async () => {
    const ids = createKnownIds(memoryFiles(), path, railway)
    expect(await ids.recall('shop')).toBeUndefined()
    await ids.remember(shop, environments)
    expect(await ids.recall('shop')).toEqual(recalled)
    expect(await ids.recall('another')).toBeUndefined()
  })

  it('are kept apart by endpoint, and side by side in one file', async () => {
    const files = memoryFiles()
    const there = createKnownIds(files, path, railway)
    const here = createKnownIds(files, path, rehearsal)
    await there.remember(shop, environments)
    expect(await here.recall('shop')).toBeUndefined()
    await here.remember({ ...shop, id: id<'project'>('p9') }, [])
    expect(await here.recall('shop')).toEqual({ projectId: 'p9', environments: {} })
    expect(await there.recall('shop')).toEqual(recalled)
    expect(Object.keys(files.all())).toEqual([path])
  })

  it('are replaced by newer ones, project by project', async () => {
    const ids = createKnownIds(memoryFiles(), path, railway)
    await ids.remember(shop, environments)
    await ids.remember({ id: id<'project'>('p2'), name: 'other' }, [])
    await ids.remember(shop, environments.slice(0, 1))
    expect(await ids.recall('shop')).toEqual({ projectId: 'p1', environments: { production: 'e1' } })
    expect(await ids.recall('other')).toEqual({ projectId: 'p2', environments: {} })
  })

  it.each([
    ['no JSON', '{"https://'],
    ['empty', ''],
    ['a list', '[1]'],
    ['null', 'null'],
    ['another shape', JSON.stringify({ [railway]: { shop: { projectId: 7, environments: {} } } })],
    [
      'an environment without an id',
      JSON.stringify({ [railway]: { shop: { projectId: 'p1', environments: { a: 1 } } } }),
    ],
    ['projects that are a list', JSON.stringify({ [railway]: ['shop'] })],
  ])('a file that is damaged counts as none, and is replaced: %s', async (_, text) => {
    const files = memoryFiles({ [path]: text })
    const ids = createKnownIds(files, path, railway)
    expect(await ids.recall('shop')).toBeUndefined()
    await ids.remember(shop, environments)
    expect(await ids.recall('shop')).toEqual(recalled)
  })

  it('what is whole in a file that is damaged elsewhere is kept', async () => {
    const text = JSON.stringify({ [railway]: { shop: recalled, broken: 1 }, other: 5 })
    const ids = createKnownIds(memoryFiles({ [path]: text }), path, railway)
    expect(await ids.recall('shop')).toEqual(recalled)
    expect(await ids.recall('broken')).toBeUndefined()
  })

  it('a disk that refuses means look-ups again, and no failure', async () => {
    const refused = () =>
      Promise.reject(new OperatorError({ kind: 'unreachable', code: 'disk-refused', message: 'The disk is full.' }))
    const files: Files = { ...memoryFiles(), readText: refused, writeText: refused }
    const ids = createKnownIds(files, path, railway)
    await expect(ids.remember(shop, environments)).resolves.toBeUndefined()
    await expect(ids.recall('shop')).resolves.toBeUndefined()
  })

  it('are written only when they are news', async () => {
    let written = 0
    const disk = memoryFiles()
    const files: Files = {
      ...disk,
      writeText: (...args) => {
        written += 1
        return disk.writeText(...args)
      },
    }
    const ids = createKnownIds(files, path, railway)
    await ids.remember(shop, environments)
    await ids.remember(shop, environments)
    expect(written).toBe(1)
  })

  it.each(['__proto__', 'constructor', 'toString'])('a project called %s is a project like any other', async (name) => {
    const ids = createKnownIds(memoryFiles(), path, railway)
    expect(await ids.recall(name)).toBeUndefined()
    await ids.remember({ id: id<'project'>('p1'), name }, environments)
    expect(await ids.recall(name)).toEqual(recalled)
  })
})
