/**
 * Where a running rehearsal platform is reached: the one thing the operator's side and the local platform both know. The
 * platform writes it, `--local` reads it. Every token starts with `rehearsal_`, so that a client can tell whom to give it to.
 */
export interface RehearsalAddress {
  format: 1
  /** The GraphQL endpoint: `http://127.0.0.1:PORT/graphql/v2`. */
  endpoint: string
  /** Answers for every service's domain, by the `Host` header. */
  edge: { host: string; port: number }
  tokens: {
    account: string
    workspace: string
    /** By environment name; usable as soon as that environment exists. */
    project: Record<string, string>
  }
  /** Opens the control routes. */
  controlToken: string
  /** The process that serves it. */
  pid: number
  /** Path of the script that stands in for Railway's own command; absent where nothing does. */
  standIn?: string
}

/** Tokens of a rehearsal start with this, no other token does. */
export const rehearsalTokenPrefix = 'rehearsal_'

/** Reads an address file's text; undefined when it is not one. */
export function parseRehearsalAddress(text: string): RehearsalAddress | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isRehearsalAddress(value) ? value : undefined
}

function isRehearsalAddress(value: unknown): value is RehearsalAddress {
  if (typeof value !== 'object' || value === null) return false
  const { format, endpoint, edge, tokens, controlToken, pid, standIn } = value as Partial<RehearsalAddress>
  return (
    format === 1 &&
    typeof endpoint === 'string' &&
    typeof edge?.host === 'string' &&
    typeof edge.port === 'number' &&
    typeof tokens?.account === 'string' &&
    typeof tokens.workspace === 'string' &&
    typeof tokens.project === 'object' &&
    typeof controlToken === 'string' &&
    typeof pid === 'number' &&
    (standIn === undefined || typeof standIn === 'string')
  )
}
