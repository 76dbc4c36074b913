import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

export default defineConfig({
  root,
  resolve: { alias: { fakturino: `${root}src/config/define.ts` } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Left alone, one processor would wait for the other.
    maxWorkers: '100%',
  },
})
