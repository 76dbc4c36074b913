import { printable } from './text.ts'

/** Why an exchange came to nothing. */
export type HttpErrorCode =
  /** Refused, reset or unroutable before a connection stood: nothing was sent. */
  | 'no-connection'
  | 'no-such-host'
  /** Wrong certificate, or no TLS spoken. */
  | 'tls'
  | 'timeout'
  /** The connection ended before the answer did. */
  | 'cut'
  | 'too-large'
  /** The answer is not HTTP, or its encoding is broken or unknown. */
  | 'unreadable'
  | 'aborted'

/** What an `HttpError` is made of. */
export interface HttpProblem {
  code: HttpErrorCode
  /** Host and port that were asked. */
  host: string
  /** May the request have arrived? True as soon as the connection stood: a caller that cannot repeat itself must then ask first. */
  sent: boolean
  /** The system's own code (`ECONNREFUSED`), or the phase that ran out of time. */
  reason?: string | undefined
  /** Of the answer, where its head had arrived. */
  status?: number | undefined
}

const sentences: Record<HttpErrorCode, (host: string) => string> = {
  'no-connection': (host) => `no connection to ${host}`,
  'no-such-host': (host) => `no address is known for ${host}`,
  tls: (host) => `no trusted encrypted connection to ${host}`,
  timeout: (host) => `${host} did not answer in time`,
  cut: (host) => `${host} closed the connection before its answer was complete`,
  'too-large': (host) => `the answer of ${host} is too large`,
  unreadable: (host) => `the answer of ${host} cannot be read`,
  aborted: (host) => `the request to ${host} was given up`,
}

/** An exchange without an answer. Holds no header, no body and no cause, so it can be printed as it is. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly code: HttpErrorCode
  readonly host: string
  readonly sent: boolean
  readonly reason: string | undefined
  readonly status: number | undefined

  constructor(problem: HttpProblem) {
    const sentence = sentences[problem.code](printable(problem.host))
    super(problem.reason === undefined ? sentence : `${sentence} (${problem.reason})`)
    this.code = problem.code
    this.host = problem.host
    this.sent = problem.sent
    this.reason = problem.reason
    this.status = problem.status
  }
}

const unknownHost = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'EAI_FAIL']
const tlsTrouble =
  /^(EPROTO|ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA)/

/** Sorts what node throws by its `code`; everything else about it is left behind. */
export function httpErrorCode(systemCode: string | undefined, connected: boolean): HttpErrorCode {
  if (systemCode !== undefined) {
    if (unknownHost.includes(systemCode)) return 'no-such-host'
    if (tlsTrouble.test(systemCode)) return 'tls'
    if (systemCode.startsWith('HPE_')) return 'unreadable'
  }
  return connected ? 'cut' : 'no-connection'
}

/** The `code` of something thrown, where it has one that is plain enough to print. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' && /^[A-Z0-9_]+$/.test(thrown.code) ? thrown.code : undefined
}
