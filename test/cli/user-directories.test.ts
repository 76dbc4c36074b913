import { expect, it } from 'vitest'
import { compiledConfigs } from '../../src/cli/compiled-configs.ts'
import { userDirectories } from '../../src/cli/user-directories.ts'

it('a user without a home is told to name a directory', async () => {
  // As for a user without HOME and without an entry among the users.
  const load = () => Promise.reject(new Error('A system error occurred: uv_os_homedir returned ENOENT'))
  await expect(userDirectories(load)).rejects.toMatchObject({
    kind: 'usage',
    code: 'home-missing',
    hint: expect.stringContaining('--state'),
  })
})

it('a user with one has places of their own for what is kept and for what can be made again', async () => {
  const { cache, state } = await userDirectories()
  expect(cache).toContain('fakturino')
  expect(state).toContain('fakturino')
  expect(cache).not.toBe(state)
})

it('nobody needs one with --state', async () => {
  expect(await compiledConfigs({ state: '/s' })).toBe('/s/compiled-configs')
})
