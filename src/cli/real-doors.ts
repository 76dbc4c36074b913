import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { wallClock } from '../kit/clock.ts'
import { realFiles } from '../kit/files.ts'
import type { Doors } from './machine.ts'

/** The doors to the real world. Paths are those of the package once it is built: this file ends up in `dist/`. */
export const realDoors: Doors = {
  clock: wallClock,
  files: realFiles,
  random: (bytes) => randomBytes(bytes),
  host: hostname(),
  defineModule: fileURLToPath(new URL('./define.mjs', import.meta.url)),
  shippedConfig: fileURLToPath(new URL('../fakturino.config.ts', import.meta.url)),
  railwayStandIn: fileURLToPath(new URL('../bin/railway-stand-in.js', import.meta.url)),
  // Loaded when a program is started: most commands start none.
  runProcess: async (request) => (await import('../kit/run-process.ts')).runProcess(request),
}
