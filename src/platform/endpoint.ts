import { OperatorError } from '../kit/errors.ts'

/** Where requests go, and to whom that is. */
export interface Endpoint {
  /** The GraphQL address, complete. */
  url: string
  host: string
  /** This machine: a rehearsal. */
  isLoopback: boolean
}

const graphqlPath = '/graphql/v2'

/** Railway's public API (PLATFORM.md §1.1). */
export const railwayEndpoint: Endpoint = {
  url: `https://backboard.railway.com${graphqlPath}`,
  host: 'backboard.railway.com',
  isLoopback: false,
}

// PLATFORM.md §1.1: the public host, the older name of it, and the two that Railway's own CLI knows.
const railwayHosts = [
  'backboard.railway.com',
  'backboard.railway.app',
  'backboard.railway-staging.com',
  'backboard.railway-develop.com',
]

/**
 * Reads an address that somebody set. Only Railway's own hosts, over https, and this machine are allowed: whoever could point us
 * elsewhere would be sent the token. `source` is named in the refusal.
 */
export function allowedEndpoint(text: string, source: string): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw notAllowed(source, 'is not an address')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw notAllowed(source, 'holds more than a scheme, a host, a port and a path')
  }
  if (url.pathname === '/') url.pathname = graphqlPath
  const endpoint = { url: url.href, host: url.host, isLoopback: isLoopback(url.hostname) }
  if (endpoint.isLoopback) {
    if (url.protocol === 'http:' || url.protocol === 'https:') return endpoint
    throw notAllowed(source, 'is neither http nor https')
  }
  // `host` holds the port unless it is https's own.
  if (!railwayHosts.includes(url.host)) throw notAllowed(source, 'names neither Railway nor this machine')
  if (url.protocol !== 'https:') throw notAllowed(source, 'would send the token to Railway unencrypted')
  if (url.pathname !== graphqlPath) throw notAllowed(source, 'is not the path of the public API')
  return endpoint
}

/** The URL parser has already brought every spelling of an IPv4 address into this form. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function notAllowed(source: string, why: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'endpoint-not-allowed',
    message: `The address in ${source} ${why}. Nothing was sent, because the token would have gone with it.`,
    hint: `Unset ${source}, or use ${railwayEndpoint.url} or a rehearsal on this machine (http://127.0.0.1:PORT${graphqlPath}).`,
  })
}
