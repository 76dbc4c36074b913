import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

export default defineConfig({
  root,
  resolve: { alias: { fakturino: `${root}src/config/define.ts` } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Each file on its own would load the program again, and build the platform's schema again: half of the time of most files.
    isolate: false,
    // Left alone, one processor would wait for the other.
    maxWorkers: '100%',
  },
})
