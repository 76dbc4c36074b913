import type { TypedDocumentString } from '../contract/types.ts'
import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { HttpClient } from '../kit/http.ts'
import type { CombinedRequest } from './combined-request.ts'
import type { Credential } from './credential.ts'
import { headerValue } from './credential.ts'
import type { Asked, Judgement } from './failures.ts'
import { interrupted, judgeReply } from './failures.ts'
import type { GraphqlReply, Reply } from './graphql-reply.ts'
import { exchangeGraphql } from './graphql-reply.ts'
import type { RateBudget } from './rate-budget.ts'
import { rateBudget } from './rate-budget.ts'
import { isLasting, redact } from './redact.ts'

/** Milliseconds, but for `tries`. */
interface ClientTiming {
  connectMs: number
  /** Deadline of one try of a read, from start to last byte. */
  readMs: number
  mutationMs: number
  /** Of a read, the first one included. */
  tries: number
  firstWaitMs: number
  longestWaitMs: number
  /** How long one request may wait in all when it is turned away for asking too often. */
  rateLimitWaitMs: number
}

const clientTiming: ClientTiming = {
  connectMs: 10_000,
  readMs: 30_000,
  mutationMs: 90_000,
  tries: 4,
  firstWaitMs: 500,
  longestWaitMs: 8_000,
  rateLimitWaitMs: 60_000,
}

interface Answer<Result> {
  result: Result
  /** The platform's clock when it answered (its `Date` header), milliseconds since the epoch. */
  platformTime: number | undefined
}

/** `isParting`: sent even after somebody asked us to stop; for the last words of a command that is being stopped. */
export interface SendingOptions {
  isParting?: boolean
}

export interface ReadingOptions extends SendingOptions {
  /** Sent once, whatever comes back: for what is good to have and not worth a wait. */
  isOnce?: boolean
}

/** Asks the platform. Everything it throws is an `OperatorError` that holds no token, no variables and no body. */
export interface GraphqlClient {
  /** Repeated after a fault, up to `tries` times. */
  read<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    options?: ReadingOptions,
  ): Promise<Answer<Result>>
  readCombined(request: CombinedRequest): Promise<Answer<Record<string, unknown>>>
  /**
   * Sent again only where it cannot have happened. `secrets` are taken out of whatever the platform says about it, and, as far as
   * they are `lasting`, of whatever it says later.
   */
  mutate<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    secrets?: readonly string[],
    options?: SendingOptions,
  ): Promise<Answer<Result>>
  mutateCombined(request: CombinedRequest, secrets?: readonly string[]): Promise<Answer<Record<string, unknown>>>
  /** What the platform says from now on is told without these; short words among them stay readable. */
  learn(secrets: Iterable<string>): void
  /** A text of the platform's without the token and everything learnt. */
  redact(text: string): string
  /** How often each operation was sent so far, repetitions included. */
  requests(): Map<string, number>
  /** The platform's last word on how many requests are left; undefined before the first, or where it says nothing. */
  budget(): RateBudget | undefined
}

export interface GraphqlClientNeeds {
  credential: Pick<Credential, 'endpoint' | 'kind' | 'header' | 'token'>
  http: HttpClient
  clock: Clock
  /** 0 up to 1: spreads waits, so that several of us do not come back at the same moment. */
  random: () => number
  timing?: Partial<ClientTiming>
  /** Told before each wait for another try: why, and how long, in milliseconds. */
  onRetry?: ((why: string, waitMs: number) => void) | undefined
  /** Stops reads and waits at once; a mutation on its way is let through, so that its outcome can be told. */
  signal?: AbortSignal | undefined
}

interface ClientOptions extends ReadingOptions {
  secrets?: readonly string[] | undefined
}

interface Sending {
  text: string
  variables: Record<string, unknown>
  asked: Asked
  /** Absent where nothing stops it. */
  signal: AbortSignal | undefined
  isOnce?: boolean
}

export function createGraphqlClient(needs: GraphqlClientNeeds): GraphqlClient {
  const { credential, http, clock, random } = needs
  const { endpoint } = credential
  const timing = { ...clientTiming, ...needs.timing }
  const sent = new Map<string, number>()
  const learnt = new Set<string>()
  let budget: RateBudget | undefined

  async function once({ text, variables, asked, signal }: Sending): Promise<Reply> {
    sent.set(asked.operation, (sent.get(asked.operation) ?? 0) + 1)
    const reply = await exchangeGraphql(http, {
      url: `${endpoint.url}?operationName=${asked.operation}`,
      text,
      variables,
      headers: () => ({ [credential.header]: headerValue(credential).reveal() }),
      connectMs: timing.connectMs,
      wholeMs: asked.isMutation ? timing.mutationMs : timing.readMs,
      signal: asked.isMutation ? undefined : signal,
    })
    if (reply.kind === 'answer') budget = rateBudget(reply.headers) ?? budget
    return reply
  }

  async function send(sending: Sending): Promise<Answer<unknown>> {
    const { asked, signal } = sending
    let waitedForLimit = 0
    let limited = 0
    for (let tries = 1; ; ) {
      if (signal?.aborted) throw new OperatorError(interrupted(asked))
      const judgement = judgeReply(await once(sending), asked, clock.now())
      if ('answer' in judgement) return answerIn(judgement.answer)
      if (sending.isOnce) throw new OperatorError(judgement.failure)

      let waitMs = backoff(tries)
      if (judgement.rateLimit === undefined) {
        if (!mayRepeat(judgement, asked, tries)) throw new OperatorError(judgement.failure)
        tries++
      } else {
        waitMs = limitWait(judgement.rateLimit.afterMs, ++limited)
        if (waitedForLimit + waitMs > timing.rateLimitWaitMs) throw new OperatorError(judgement.failure)
        waitedForLimit += waitMs
      }
      needs.onRetry?.(judgement.failure.message, waitMs)
      await clock.sleep(waitMs, signal).catch(() => {
        throw new OperatorError(interrupted(asked))
      })
    }
  }

  function learn(secrets: Iterable<string>): void {
    for (const secret of secrets) if (isLasting(secret)) learnt.add(secret)
  }

  function known(): string[] {
    return [credential.token.reveal(), ...learnt]
  }

  function mayRepeat(judgement: Judgement, asked: Asked, tries: number): boolean {
    if (judgement.again === 'never' || (judgement.again === 'reads' && asked.isMutation)) return false
    return tries < (judgement.isSlow ? Math.min(2, timing.tries) : timing.tries)
  }

  function backoff(nth: number): number {
    return Math.round(Math.min(timing.longestWaitMs, timing.firstWaitMs * 2 ** (nth - 1) * (1 + random())))
  }

  /** As long as the platform asks for; where it asks for nothing, or for less than would be polite, longer with every time. */
  function limitWait(afterMs: number | undefined, nth: number): number {
    return Math.max(afterMs ?? 0, backoff(nth))
  }

  function sending(
    text: string,
    variables: Record<string, unknown>,
    of: Pick<Asked, 'operation' | 'isMutation' | 'parts'>,
    secrets: readonly string[] = [],
    { isParting = false }: SendingOptions = {},
  ): Sending {
    learn(secrets)
    const asked: Asked = {
      ...of,
      host: endpoint.host,
      isLoopback: endpoint.isLoopback,
      tokenKind: credential.kind,
      secrets: [...known(), ...secrets],
    }
    return { text, variables, asked, signal: isParting ? undefined : needs.signal }
  }

  // The generated types say what an answer to a document holds; that the platform keeps to its schema is what we rely on here.
  const single = async (
    document: TypedDocumentString<unknown, never>,
    variables: Record<string, unknown>,
    isMutation: boolean,
    { secrets, isOnce = false, isParting }: ClientOptions = {},
  ) => {
    const text = document.toString()
    const of = { operation: nameOf(text), isMutation, parts: 1 }
    const options = isParting === undefined ? {} : { isParting }
    return (await send({ ...sending(text, variables, of, secrets, options), isOnce })) as Answer<never>
  }
  const combined = async (request: CombinedRequest, isMutation: boolean, secrets?: readonly string[]) => {
    const of = { operation: request.name, isMutation, parts: request.size }
    const text = request.document().toString()
    return (await send(sending(text, request.variables(), of, secrets))) as Answer<Record<string, unknown>>
  }

  return {
    read: (document, variables, options) => single(document, variables, false, options),
    readCombined: (request) => combined(request, false),
    mutate: (document, variables, secrets, options) => single(document, variables, true, { secrets, ...options }),
    mutateCombined: (request, secrets) => combined(request, true, secrets),
    learn,
    redact: (text) => redact(text, known()),
    requests: () => new Map(sent),
    budget: () => budget,
  }
}

function answerIn({ data, headers }: GraphqlReply): Answer<unknown> {
  const date = Date.parse(headers.get('date') ?? '')
  return { result: data, platformTime: Number.isNaN(date) ? undefined : date }
}

function nameOf(text: string): string {
  return /^\s*(?:query|mutation)\s+(\w+)/.exec(text)?.[1] ?? 'unnamed'
}
