import type { PrintedStream, RunProcess } from '../kit/run-process.ts'
import type { RailwayCli } from '../platform/railway-cli.ts'
import type { Approve } from './approval.ts'
import type { LeaseNeeds } from './lease.ts'
import type { KnownIds } from './observe-environment.ts'
import type { VerifyNeeds } from './verify-release.ts'

/** What a program prints, read line by line. */
export interface LineReader {
  take(stream: PrintedStream, text: string): Promise<void>
  /** Tells what was begun and has no end. */
  end(): Promise<void>
}

export interface MigrateNeeds extends LeaseNeeds, VerifyNeeds {
  knownIds: KnownIds
  approve: Approve
  isRehearsal: boolean
  /** Throws where the token cannot go that way. */
  openCli(way: 'ssh' | 'run'): RailwayCli
  runProcess: RunProcess
  /** Takes secrets out of a text. */
  redact(text: string): string
  /** Gives whole lines that are safe to show. */
  readLines(tell: (line: { stream: PrintedStream; text: string }) => Promise<void>): LineReader
  /** Where the command was called, and whether there is an `artisan` in it. */
  here: { directory: string; hasArtisan(): Promise<boolean> }
}
