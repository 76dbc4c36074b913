import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { OperatorError } from '../../src/kit/errors.ts'
import { type ProcessEnding, runProcess } from '../../src/kit/run-process.ts'
import { id } from '../../src/platform/ids.ts'
import type { CliNeeds, CliPlace } from '../../src/platform/railway-cli.ts'
import { FakeClock } from '../support/fake-clock.ts'

export const place: CliPlace = {
  projectId: id<'project'>('p'),
  environmentId: id<'environment'>('e'),
  serviceId: id<'service'>('s'),
}

export const exited = (code: number): ProcessEnding => ({ kind: 'exited', code })

/** What an act that has to go wrong throws. */
export function failureOf(act: () => unknown): OperatorError {
  try {
    act()
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw error
  }
  throw new Error('it went well')
}

/** A directory for the PATH with a script in it that is called `railway`. */
export async function railwayOnThePath(script: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fakturino-railway-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'railway')
  await writeFile(path, `#!${process.execPath}\n${script}\n`)
  await chmod(path, 0o700)
  return directory
}

/** Starts real processes, and keeps what they print. */
export function startingNeeds(): CliNeeds & { printed: () => string } {
  let printed = ''
  return {
    runProcess,
    clock: new FakeClock(),
    signal: new AbortController().signal,
    redact: (text) => text,
    tell: async (_, text) => {
      printed += text
    },
    printed: () => printed,
  }
}
