import type { Clock } from '../kit/clock.ts'
import { OperatorError } from '../kit/errors.ts'
import type { Files } from '../kit/files.ts'
import { createHttpClient } from '../kit/http.ts'
import { HttpError } from '../kit/http-error.ts'
import { parseRehearsalAddress, type RehearsalAddress } from '../kit/rehearsal-address.ts'
import { knowingUploads } from '../operations/known-uploads.ts'
import { type Credential, chooseCredential } from '../platform/credential.ts'
import { createGraphqlClient } from '../platform/graphql-client.ts'
import { createGraphqlPlatform } from '../platform/graphql-platform.ts'
import type { Platform } from '../platform/platform.ts'
import type { RateBudget } from '../platform/rate-budget.ts'
import { readOnly } from '../platform/read-only.ts'
import { createSubscriptions } from '../platform/subscriptions.ts'
import type { Probe } from '../verify/probe.ts'

/** The platform that a command talks to, and what belongs to it. */
export interface Access {
  platform: Platform
  credential: Credential
  isRehearsal: boolean
  /** Asks what was deployed; in a rehearsal, through its edge and nowhere else. */
  probe: Probe
  /** Keeps these out of whatever the platform says from now on. */
  learn(secrets: Iterable<string>): void
  /** A text from elsewhere without the token and everything learnt. */
  redact(text: string): string
  /** Requests sent so far, by operation. */
  requests(): Map<string, number>
  /** The platform's last word on how many more it allows. */
  budget(): RateBudget | undefined
  /** What stands in for Railway's own command in the rehearsal that is talked to. */
  standIn: string | undefined
  close(): void
}

export interface AccessNeeds {
  clock: Clock
  /** 0 up to 1. */
  random: () => number
  signal: AbortSignal
  version: string
  isDryRun: boolean
  /** Told before each wait for another try: why, and how long, in milliseconds. */
  onRetry?: (why: string, waitMs: number) => void
}

/**
 * Chooses endpoint and credential and opens the platform; nothing is sent yet.
 * @param rehearsal asked for with `--local`
 * @param announced whatever rehearsal says that it runs: its edge is used where its endpoint is
 */
export function openAccess(
  variables: Readonly<Record<string, string | undefined>>,
  rehearsal: RehearsalAddress | undefined,
  announced: RehearsalAddress | undefined,
  needs: AccessNeeds,
): Access {
  const credential = chooseCredential(variables, rehearsal)
  const http = createHttpClient({ clock: needs.clock, userAgent: `fakturino/${needs.version}` })
  const client = createGraphqlClient({
    credential,
    http,
    clock: needs.clock,
    random: needs.random,
    signal: needs.signal,
    onRetry: needs.onRetry,
  })
  const subscriptions = createSubscriptions({ credential, clock: needs.clock, random: needs.random })
  const platform = knowingUploads(createGraphqlPlatform(client, subscriptions))
  const isRehearsal = credential.endpoint.isLoopback
  const spokenTo = announced?.endpoint === credential.endpoint.url ? announced : undefined
  const via = spokenTo?.edge
  return {
    platform: needs.isDryRun ? readOnly(platform) : platform,
    credential,
    isRehearsal,
    learn: client.learn,
    redact: client.redact,
    standIn: isRehearsal ? spokenTo?.standIn : undefined,
    requests: client.requests,
    budget: client.budget,
    close: () => http.close(),
    probe: {
      async get(url, timeoutMs) {
        const startedAt = needs.clock.now()
        // A domain of a rehearsal means nothing outside it, and is never asked for on the real network.
        if (isRehearsal && via === undefined) {
          return { kind: 'unasked', reason: 'the edge of this rehearsal is not known' }
        }
        try {
          const answer = await http.exchange({
            url,
            wholeMs: timeoutMs,
            connectMs: timeoutMs,
            signal: needs.signal,
            ...(via === undefined ? {} : { via }),
          })
          const isFallback = answer.headers.get('x-railway-fallback') === 'true'
          return {
            kind: 'answered',
            status: answer.status,
            isFallback,
            elapsedMs: answer.tookMs,
            header: (name) => answer.headers.get(name),
            ...(answer.body.length > longestReadBody ? {} : { body: answer.body }),
          }
        } catch (error) {
          if (needs.signal.aborted || !(error instanceof HttpError)) throw error
          return { kind: 'unanswered', reason: error.code, elapsedMs: needs.clock.now() - startedAt }
        }
      },
    },
  }
}

/** In characters. What tells a revision or a state is short, and metrics are a few pages; what is longer is not read. */
const longestReadBody = 1024 * 1024

/** The name of the address file in the state directory. */
export const rehearsalAddressFile = 'rehearsal.json'

/** Where a rehearsal platform says that it runs; undefined when none does. */
export async function announcedAddress(files: Files, path: string): Promise<RehearsalAddress | undefined> {
  const text = await files.readText(path).catch(() => undefined)
  return text === undefined ? undefined : parseRehearsalAddress(text)
}

/** Where the running rehearsal platform is; fails when none has said so. */
export async function readRehearsalAddress(files: Files, path: string): Promise<RehearsalAddress> {
  const text = await files.readText(path)
  const address = text === undefined ? undefined : parseRehearsalAddress(text)
  if (address !== undefined) return address
  throw new OperatorError({
    kind: 'usage',
    code: 'rehearsal-not-running',
    message:
      text === undefined
        ? 'No rehearsal platform is running, and --local talks to one.'
        : `${path} does not say where the rehearsal platform is.`,
    hint: 'Start one with: fakturino rehearse up',
  })
}
