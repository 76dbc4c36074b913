import { privateDomainVariable } from '../config/expressions.ts'
import { own } from '../config/own.ts'
import { Secret } from '../kit/secret.ts'
import type { ObservedService, ObservedState } from '../platform/observed-state.ts'
import { type EvidenceDatabase, passwordHmac } from './evidence.ts'

/**
 * The one Postgres of this very environment that all of these services use, followed from what is stored; null where one of them uses
 * another, or where that cannot be seen. What has no DATABASE_URL uses none; where none of them has one, every service counts.
 */
export function usedDatabase(
  state: Pick<ObservedState, 'services' | 'sharedVariables'>,
  services: readonly string[],
  key: Secret | undefined,
): EvidenceDatabase | null {
  const holders = state.services.filter(({ variables }) => own(variables, 'DATABASE_URL') !== undefined)
  const named = holders.filter(({ name }) => services.includes(name))
  const used = (named.length > 0 ? named : holders).map((reader) => leadsTo(state, reader.name, 'DATABASE_URL'))
  const [first] = used
  if (first === undefined || used.some((one) => one !== first)) return null
  const database = state.services.find(({ name }) => name === first)
  const volume = database?.volumes[0]
  if (database === undefined || volume === undefined) return null
  return { volumeId: volume.id, passwordHmac: key === undefined ? null : hmacOf(passwordOf(database), key) }
}

/** Which service of this environment a database's address leads to; undefined where it leads elsewhere, or is not shown. */
function leadsTo(
  state: Pick<ObservedState, 'services' | 'sharedVariables'>,
  holder: string,
  variable: string,
  steps = 4,
): string | undefined {
  const variables =
    holder === 'shared' ? state.sharedVariables : state.services.find(({ name }) => name === holder)?.variables
  const held = own(variables, variable)
  if (held === undefined || 'masked' in held) return undefined
  const value = held.value.reveal().trim()
  const [, named, name] = /^\$\{\{\s*(?:([^.{}\s]+)\.)?([A-Za-z0-9_]+)\s*\}\}$/.exec(value) ?? []
  if (name !== undefined) return steps > 0 ? leadsTo(state, named ?? holder, name, steps - 1) : undefined
  const host = hostOf(value)
  if (host === undefined) return undefined
  const [, of, its] = /^\$\{\{\s*(?:([^.{}\s]+)\.)?([A-Za-z0-9_]+)\s*\}\}$/.exec(host) ?? []
  if (its !== undefined) return its === privateDomainVariable ? (of ?? holder) : undefined
  // A name of the private network means a service of the environment that asks.
  const [, called] = /^([\w-]+)\.railway\.internal\.?$/i.exec(host) ?? []
  return state.services.find(({ name: service }) => service.toLowerCase() === called?.toLowerCase())?.name
}

/** What stands behind the last `@`: a password may hold anything. */
function hostOf(url: string): string | undefined {
  return /^\w+:\/\/(?:.*@)?(\$\{\{[^}]*\}\}|[^/:?#@\s]+)/.exec(url)?.[1]
}

function passwordOf({ variables }: ObservedService): Secret | undefined {
  for (const name of ['POSTGRES_PASSWORD', 'PGPASSWORD']) {
    const held = own(variables, name)
    if (held === undefined || 'masked' in held) continue
    const value = held.value.reveal()
    if (value !== '' && !value.includes('${{')) return new Secret(value)
  }
  return undefined
}

function hmacOf(password: Secret | undefined, key: Secret): string | null {
  return password === undefined ? null : passwordHmac(password, key)
}
