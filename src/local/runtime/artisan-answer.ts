import type { ServiceConfig } from '../../contract/environment-config.ts'
import type { Environment, Origin } from '../model.ts'
import type { SshAnswer } from '../ssh-command.ts'
import type { Migrations } from './migrations.ts'

/** Where artisan runs: the code that is there, and what its process is given. A deployment is such a place. */
export interface ArtisanPlace {
  instance: { environment: Environment }
  origin: Origin
  variables: Readonly<Record<string, string>>
  settings: ServiceConfig
}

export interface ArtisanNeeds {
  migrations: Migrations
  now: number
  /** The host of the database, where it has no address in this place. */
  unknownHost?: string
}

export type ArtisanCommand = (place: ArtisanPlace, options: readonly string[], needs: ArtisanNeeds) => SshAnswer

/** Lines that artisan prints itself stand between empty ones. */
export function said(...lines: string[]): SshAnswer {
  return { exitCode: 0, stdout: `\n${lines.join('\n')}\n\n`, stderr: '' }
}

/** Artisan prints what went wrong where it prints everything else. */
export function failed(...lines: string[]): SshAnswer {
  return { ...said(...lines), exitCode: 1 }
}
