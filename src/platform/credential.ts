import { OperatorError } from '../kit/errors.ts'
import type { RehearsalAddress } from '../kit/rehearsal-address.ts'
import { rehearsalTokenPrefix } from '../kit/rehearsal-address.ts'
import { Secret } from '../kit/secret.ts'
import { listed } from '../kit/text.ts'
import type { Endpoint } from './endpoint.ts'
import { allowedEndpoint, railwayEndpoint } from './endpoint.ts'

export type TokenKind = 'project' | 'bearer'

/** Whom we speak to, and as whom. */
export interface Credential {
  endpoint: Endpoint
  /** `project` reaches one environment of one project; `bearer` is an account or workspace token. */
  kind: TokenKind
  /** The header that carries the token (PLATFORM.md §1.2). */
  header: 'Project-Access-Token' | 'Authorization'
  token: Secret
  /** What people should know about the choice, a sentence each. None holds a token. */
  notices: string[]
}

const kinds = { RAILWAY_TOKEN: 'project', RAILWAY_API_TOKEN: 'bearer' } as const satisfies Record<string, TokenKind>
type TokenVariable = keyof typeof kinds
// In the order of their weight: RAILWAY_TOKEN wins, as in Railway's own CLI (PLATFORM.md §1.3).
const tokenVariables: TokenVariable[] = ['RAILWAY_TOKEN', 'RAILWAY_API_TOKEN']

/** What carries the token, complete: the value of `credential.header`. */
export function headerValue(credential: Pick<Credential, 'kind' | 'token'>): Secret {
  const token = credential.token.reveal()
  return new Secret(credential.kind === 'bearer' ? `Bearer ${token}` : token)
}

/**
 * Chooses endpoint and token from environment variables, and from the address of a running rehearsal when one is asked for.
 * Credentials never cross: a rehearsal's token goes to this machine only, any other to Railway only. Throws `endpoint-not-allowed`,
 * `token-missing`, `token-elsewhere` or `token-invalid`; nothing has been sent then.
 */
export function chooseCredential(
  variables: Readonly<Record<string, string | undefined>>,
  rehearsal?: RehearsalAddress,
): Credential {
  const notices: string[] = []
  const endpoint = chooseEndpoint(variables.FAKTURINO_ENDPOINT?.trim(), rehearsal, notices)

  const given: { name: TokenVariable; text: string }[] = []
  for (const name of tokenVariables) {
    const text = variables[name]?.trim()
    if (text === '') notices.push(`${name} is set but empty, and counts as absent.`)
    else if (text !== undefined) given.push({ name, text })
  }

  return endpoint.isLoopback
    ? forRehearsal(endpoint, given, rehearsal, notices)
    : credentialOf(endpoint, given, notices)
}

function chooseEndpoint(
  asked: string | undefined,
  rehearsal: RehearsalAddress | undefined,
  notices: string[],
): Endpoint {
  if (rehearsal !== undefined) {
    if (asked) notices.push('FAKTURINO_ENDPOINT is ignored, because --local names the rehearsal.')
    const endpoint = allowedEndpoint(rehearsal.endpoint, "the rehearsal's address file")
    if (endpoint.isLoopback) return endpoint
    throw new OperatorError({
      kind: 'usage',
      code: 'endpoint-not-allowed',
      message:
        "The rehearsal's address file names another machine. A rehearsal runs on this one only, so nothing was sent.",
      hint: 'Run `fakturino rehearse down`. Then run `fakturino rehearse up`.',
    })
  }
  return asked ? allowedEndpoint(asked, 'FAKTURINO_ENDPOINT') : railwayEndpoint
}

/** Only a rehearsal's own tokens are used on this machine. */
function forRehearsal(
  endpoint: Endpoint,
  given: { name: TokenVariable; text: string }[],
  rehearsal: RehearsalAddress | undefined,
  notices: string[],
): Credential {
  const usable = given.filter(({ text }) => text.startsWith(rehearsalTokenPrefix))
  const ignored = given.filter((token) => !usable.includes(token)).map(({ name }) => name)
  if (ignored.length > 0) {
    notices.push(`${listed(ignored)} ${ignored.length === 1 ? 'is' : 'are'} for Railway and not sent to a rehearsal.`)
  }
  if (usable.length === 0 && rehearsal !== undefined) {
    return { endpoint, kind: 'bearer', header: 'Authorization', token: new Secret(rehearsal.tokens.account), notices }
  }
  return credentialOf(endpoint, usable, notices)
}

function credentialOf(
  endpoint: Endpoint,
  given: { name: TokenVariable; text: string }[],
  notices: string[],
): Credential {
  const [chosen, other] = given
  if (chosen === undefined) throw tokenMissing(endpoint, notices)
  if (!endpoint.isLoopback && chosen.text.startsWith(rehearsalTokenPrefix)) throw tokenElsewhere(chosen.name)
  if (!/^[\x21-\x7e]+$/.test(chosen.text)) throw tokenMalformed(chosen.name)
  if (other !== undefined) notices.push(`${chosen.name} is used; ${other.name} is set too and is not.`)
  const kind = kinds[chosen.name]
  return {
    endpoint,
    kind,
    header: kind === 'project' ? 'Project-Access-Token' : 'Authorization',
    token: new Secret(chosen.text),
    notices,
  }
}

/** What was noticed on the way here is why: nobody else gets to say it. */
function tokenMissing(endpoint: Endpoint, notices: readonly string[]): OperatorError {
  const message = endpoint.isLoopback
    ? 'There is no token for the rehearsal: it takes only tokens of its own.'
    : 'There is no token for Railway: neither RAILWAY_TOKEN nor RAILWAY_API_TOKEN is set.'
  return new OperatorError({
    kind: 'denied',
    code: 'token-missing',
    message: [...notices, message].join(' '),
    hint: endpoint.isLoopback
      ? 'Use --local, which brings the token of the running rehearsal along.'
      : "Set RAILWAY_TOKEN to a project token (the project's settings, Tokens) or RAILWAY_API_TOKEN to an account or workspace token (the account's settings, Tokens); or add --local to talk to a rehearsal, which needs none.",
  })
}

function tokenElsewhere(name: TokenVariable): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'token-elsewhere',
    message: `${name} holds the token of a rehearsal, and this command would speak to Railway. Nothing was sent.`,
    hint: `Add --local to talk to the rehearsal, or set ${name} to a token of Railway.`,
  })
}

function tokenMalformed(name: TokenVariable): OperatorError {
  return new OperatorError({
    kind: 'denied',
    code: 'token-invalid',
    message: `${name} holds spaces, line breaks or other characters that no token has. Nothing was sent.`,
    hint: `Copy the token again, alone and on one line, into ${name}.`,
  })
}
