import os from 'node:os'
import { expect, it, vi } from 'vitest'
import { compiledConfigs } from '../../src/cli/compiled-configs.ts'
import { userDirectories } from '../../src/cli/user-directories.ts'

// As for a user without HOME and without an entry among the users. Alone in its file: env-paths asks once, when it is loaded.
vi.spyOn(os, 'homedir').mockImplementation(() => {
  throw new Error('A system error occurred: uv_os_homedir returned ENOENT')
})

it('a user without a home is told to name a directory', async () => {
  const refusal = { kind: 'usage', code: 'home-missing', hint: expect.stringContaining('--state') }
  await expect(userDirectories()).rejects.toMatchObject(refusal)
  await expect(compiledConfigs({})).rejects.toMatchObject(refusal)
})

it('and does not need one with --state', async () => {
  expect(await compiledConfigs({ state: '/s' })).toBe('/s/compiled-configs')
})
