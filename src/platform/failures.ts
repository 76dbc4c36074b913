import type { Failure } from '../kit/errors.ts'
import type { HttpError } from '../kit/http-error.ts'
import { clipped } from '../kit/text.ts'
import type { TokenKind } from './credential.ts'
import type { GraphqlReply, Reply } from './graphql-reply.ts'
import { retryAfterMs } from './rate-budget.ts'
import { redact } from './redact.ts'

/** What was asked, as far as a failure may tell. */
export interface Asked {
  /** The operation's name: `CreateVolume`. */
  operation: string
  isMutation: boolean
  /** How many documents the request holds: of several mutations, some may have happened when one is refused. */
  parts: number
  host: string
  isLoopback: boolean
  tokenKind: TokenKind
  /** Taken out of whatever the platform says. */
  secrets: Iterable<string>
}

/** A failed try. */
export interface Judgement {
  failure: Failure
  /** May it be sent again? `reads`: only when it changes nothing. `always`: the platform, or the network, says that it did not happen. */
  again: 'never' | 'reads' | 'always'
  /** Out of time: one more try, no more, because each takes long. */
  isSlow?: boolean
  /** Turned away for asking too often. `afterMs` is how long the platform wants us to wait, where it said. */
  rateLimit?: { afterMs: number | undefined }
}

const railwayNote = 'Check the network, then run the command again.'
const rehearsalNote = 'Is the rehearsal running? Start it with `fakturino rehearse up`.'
const again = 'Run the command again.'

/** The answer, when it is a whole one; else why not. `now` is the clock's, for dates in `Retry-After`. */
export function judgeReply(reply: Reply, asked: Asked, now: number): { answer: GraphqlReply } | Judgement {
  if (reply.kind === 'no-answer') return judgeSilence(reply.error, asked)
  return judgeAnswer(reply, asked, now) ?? { answer: reply }
}

function judgeSilence(error: HttpError, asked: Asked): Judgement {
  if (error.code === 'aborted' && !(asked.isMutation && error.sent))
    return { failure: interrupted(asked), again: 'never' }
  if (asked.isMutation && error.sent) return mayHaveHappened(asked, error.message)
  const repeatable = error.sent ? 'reads' : 'always'
  const isFinal = error.code === 'tls' || error.code === 'too-large' || error.code === 'unreadable'
  return {
    failure: {
      kind: 'unreachable',
      code: error.code === 'timeout' ? 'timeout' : error.code === 'unreadable' ? 'not-graphql' : 'unreachable',
      message: `${what(asked)} failed: ${error.message}.`,
      hint: error.code === 'tls' ? tlsNote : asked.isLoopback ? rehearsalNote : railwayNote,
      retryable: !isFinal,
    },
    again: isFinal ? 'never' : repeatable,
    isSlow: error.code === 'timeout',
  }
}

const tlsNote =
  'Something between this machine and Railway may be reading along. Check the clock, the proxy and the certificates of this machine.'

function judgeAnswer(reply: GraphqlReply, asked: Asked, now: number): Judgement | undefined {
  const [first] = reply.errors
  if (reply.status === 429 || reply.errors.some(({ message }) => /rate.?limit|too many requests/i.test(message))) {
    const afterMs = retryAfterMs(reply.headers, now)
    return { failure: rateLimited(asked, afterMs), again: 'always', rateLimit: { afterMs } }
  }
  if (first === undefined) return judgeWithoutErrors(reply, asked)

  const said = sayable(first.message, asked)
  for (const { message } of reply.errors) {
    const known = knownRefusals.find(({ pattern }) => pattern.test(message))
    if (known !== undefined) return { failure: known.failure(asked, sayable(message, asked)), again: 'never' }
  }
  const isPartial = Object.values(reply.data ?? {}).some((value) => value !== null)
  const partly = isPartial || asked.parts > 1 || reply.status >= 500
  if (asked.isMutation && partly) return mayHaveHappened(asked, `the platform says: ${said}`)
  if (reply.status >= 500) return brokenPlatform(asked, `it answered ${reply.status}: ${said}`)
  if (isPartial) {
    return {
      failure: {
        kind: 'unreachable',
        code: 'partial-answer',
        message: `${what(asked)} was answered only in part: ${said}. A decision on half an answer would be a guess.`,
        hint: again,
        retryable: true,
      },
      again: 'reads',
    }
  }
  const isPassing = first.code === 'INTERNAL_SERVER_ERROR' || /^problem processing request$/i.test(first.message)
  return {
    failure: {
      kind: 'failed',
      code: 'platform-refused',
      message: `The platform refused ${what(asked)}: ${said}.`,
      hint: isPassing ? again : 'Change what it objects to, and run the command again.',
      retryable: isPassing,
    },
    again: isPassing ? 'reads' : 'never',
  }
}

function judgeWithoutErrors(reply: GraphqlReply, asked: Asked): Judgement | undefined {
  const { status } = reply
  if (status >= 200 && status < 300 && reply.data !== undefined) return undefined
  if (status === 401 || status === 403) {
    return { failure: notAuthorized(asked, `it answered ${status}`), again: 'never' }
  }
  if (asked.isMutation && (status >= 500 || status < 300)) {
    return mayHaveHappened(asked, `${asked.host} answered ${status} with something that is no answer to it`)
  }
  if (status >= 500) return brokenPlatform(asked, `it answered ${status}`)
  const why =
    status >= 300 && status < 400
      ? 'a redirect, which is not followed'
      : reply.isGraphql
        ? 'neither data nor errors'
        : 'something that is not GraphQL'
  return {
    failure: {
      kind: 'unreachable',
      code: 'not-graphql',
      message: `${what(asked)} failed: ${asked.host} answered ${status} with ${why}.`,
      hint: asked.isLoopback
        ? rehearsalNote
        : 'A proxy, a sign-in page or a wrong FAKTURINO_ENDPOINT may stand between. Check them, then run the command again.',
      retryable: false,
    },
    again: 'never',
  }
}

/** What the platform is known to say (PLATFORM.md §1.5), the more specific first. */
const knownRefusals: { pattern: RegExp; failure: (asked: Asked, said: string) => Failure }[] = [
  {
    pattern: /project token not found/i,
    failure: (asked) => ({
      kind: 'denied',
      code: 'token-invalid',
      message: `The platform does not know the project token, so ${what(asked)} was refused.`,
      hint: 'Put a project token of this environment into RAILWAY_TOKEN; account and workspace tokens belong into RAILWAY_API_TOKEN.',
    }),
  },
  { pattern: /not authorized|unauthori[sz]ed/i, failure: notAuthorized },
  {
    pattern: /two.?factor/i,
    failure: (asked) => ({
      kind: 'denied',
      code: 'two-factor-required',
      message: `The workspace asks for two-factor authentication, so ${what(asked)} was refused.`,
      hint: "Switch two-factor authentication on in the account's settings, then run the command again.",
    }),
  },
  {
    pattern: /commit not found/i,
    failure: (asked) => ({
      kind: 'failed',
      code: 'commit-not-found',
      message: `${what(asked)} failed: the platform does not find the commit, so nothing was deployed.`,
      hint: 'Push the commit, or give --commit one that is on the branch.',
    }),
  },
  {
    pattern: /not found/i,
    failure: (asked, said) => ({
      kind: 'failed',
      code: 'not-found',
      message: `${what(asked)} failed: ${said}.`,
      hint: 'It may have been deleted or renamed, or the token may not see it. Check --project, -e and the ids in RAILWAY_PROJECT_ID and RAILWAY_ENVIRONMENT_ID.',
    }),
  },
]

// A dead token and a missing permission read the same (PLATFORM.md §1.5), so the hint names both.
function notAuthorized(asked: Asked, said: string): Failure {
  return {
    kind: 'denied',
    code: 'not-authorized',
    message: `The platform refused ${what(asked)}: ${said}. The token is no longer valid, or may not do this.`,
    hint:
      asked.tokenKind === 'project'
        ? 'A project token reaches one environment of one project: check that RAILWAY_TOKEN belongs to this one. For several environments use RAILWAY_API_TOKEN instead.'
        : "Check that the token in RAILWAY_API_TOKEN still exists and that its workspace holds this project. A project's own token belongs into RAILWAY_TOKEN.",
  }
}

function rateLimited(asked: Asked, afterMs: number | undefined): Failure {
  const wait = afterMs === undefined ? 'a few minutes' : toldWait(afterMs)
  return {
    kind: 'unreachable',
    code: 'rate-limited',
    message: `${what(asked)} did not happen: the platform has had too many requests from this token.`,
    hint: `Wait ${wait}, then run the command again. The limit is counted by the hour and shared by everything that uses the account.`,
    retryable: true,
  }
}

/** In seconds as far as somebody counts them. */
function toldWait(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return seconds <= 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`
}

function brokenPlatform(asked: Asked, why: string): Judgement {
  return {
    failure: {
      kind: 'unreachable',
      code: 'platform-error',
      message: `${what(asked)} failed at ${asked.host}: ${why}.`,
      hint: `The fault is on the platform's side. Wait a moment, then run the command again.`,
      retryable: true,
    },
    again: 'reads',
  }
}

function mayHaveHappened(asked: Asked, why: string): Judgement {
  return {
    failure: {
      kind: 'unfinished',
      code: 'mutation-unknown',
      message: `${what(asked)} was sent, and it may have happened: ${why}. It was not sent again, so that nothing happens twice.`,
      hint: 'Run the command again: it reads what is there first, and goes on from that.',
      retryable: true,
    },
    again: 'never',
  }
}

/** Nothing new is sent once somebody has asked us to stop. */
export function interrupted(asked: Pick<Asked, 'operation'>): Failure {
  return {
    kind: 'interrupted',
    code: 'interrupted',
    message: `Interrupted before ${what(asked)} was done.`,
    hint: 'Run the command again to go on.',
    retryable: true,
  }
}

/** The platform's words, fit to stand inside a sentence of ours. */
function sayable(message: string, asked: Asked): string {
  return clipped(redact(message, asked.secrets), 300).replace(/[.\s]+$/, '')
}

/** `CreateVolume` -> `"create volume"` */
function what(asked: Pick<Asked, 'operation'>): string {
  return `"${asked.operation.replace(/\B[A-Z]/g, ' $&').toLowerCase()}"`
}
