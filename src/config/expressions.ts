/** What a variable's value may be: text, or something that only an environment can say. Plain objects, so JSON can hold them. */
export type VariableValue = string | Expression | PerEnvironment

export type Expression = Reference | SharedReference | SecretName | Domain | Url

/** Another service's variable. */
export interface Reference {
  kind: 'reference'
  service: string
  variable: string
}

/** One of the environment's shared variables. */
export interface SharedReference {
  kind: 'shared'
  variable: string
}

/** A secret by its name; values never stand in a config. */
export interface SecretName {
  kind: 'secret'
  secret: string
}

/** A host name. Without `service`: that of the service whose variable this is. */
export interface Domain {
  kind: 'public-domain' | 'private-domain'
  service?: string
}

/** `https` and a public domain, or `http`, a private domain and that service's port. */
export interface Url {
  kind: 'url'
  of: Domain
}

/** One value an environment. */
export interface PerEnvironment {
  kind: 'per-environment'
  values: Record<string, string | Expression>
}

/** A place in a value that the platform fills in; without `service`, from the same service. */
export interface WrittenReference {
  service?: string
  variable: string
}

export const publicDomainVariable = 'RAILWAY_PUBLIC_DOMAIN'
export const privateDomainVariable = 'RAILWAY_PRIVATE_DOMAIN'

/** `${{service.VARIABLE}}`, or `${{VARIABLE}}` of the same service (PLATFORM.md §6.1). */
export function written({ service, variable }: WrittenReference): string {
  return service === undefined ? `\${{${variable}}}` : `\${{${service}.${variable}}}`
}

/** What an expression has to ask the config for. */
export interface Surroundings {
  /** The service whose variable it is. */
  service: string
  /** The custom domain of a service in this environment. */
  customDomain(service: string): string | undefined
  /** Where a service listens. */
  port(service: string): number | undefined
}

/** An expression as the text that is stored; secrets have none. */
export function writtenText(value: string | Exclude<Expression, SecretName>, surroundings: Surroundings): string {
  if (typeof value === 'string') return value
  switch (value.kind) {
    case 'reference':
      return written(value)
    case 'shared':
      return written({ service: 'shared', variable: value.variable })
    case 'public-domain':
    case 'private-domain':
      return host(value, surroundings)
    case 'url':
      return value.of.kind === 'public-domain'
        ? `https://${host(value.of, surroundings)}`
        : `http://${host(value.of, surroundings)}${portSuffix(value.of, surroundings)}`
  }
}

function host(domain: Domain, surroundings: Surroundings): string {
  if (domain.kind === 'private-domain') return written({ ...serviceOf(domain), variable: privateDomainVariable })
  const custom = surroundings.customDomain(domain.service ?? surroundings.service)
  return custom ?? written({ ...serviceOf(domain), variable: publicDomainVariable })
}

function portSuffix(domain: Domain, surroundings: Surroundings): string {
  const port = surroundings.port(domain.service ?? surroundings.service)
  return port === undefined ? '' : `:${port}`
}

function serviceOf(domain: Domain): { service?: string } {
  return domain.service === undefined ? {} : { service: domain.service }
}

// A service's name may hold dots and blanks, a variable's holds no dot.
const referencePattern = /\$\{\{\s*(?:([^{}]+?)\s*\.\s*)?([^{}.]+?)\s*\}\}/g

/** Every reference written in a text, those to shared variables too: their service is `shared` (PLATFORM.md §6.1). */
export function referencesInText(text: string): WrittenReference[] {
  return [...text.matchAll(referencePattern)].map(([, service, variable = '']) =>
    service === undefined ? { variable } : { service, variable },
  )
}

/** Does the text hold any reference? What only opens like one counts, so that it is never compared as plain text. */
export function holdsReference(text: string): boolean {
  return text.includes('${{')
}

/** Every reference that a value holds, those written out in its text included. Shared variables and secrets are none. */
export function referencesIn(value: string | Expression): WrittenReference[] {
  if (typeof value === 'string') return referencesInText(value).filter(({ service }) => service !== 'shared')
  switch (value.kind) {
    case 'reference':
      return [{ service: value.service, variable: value.variable }]
    case 'public-domain':
      return [{ ...serviceOf(value), variable: publicDomainVariable }]
    case 'private-domain':
      return [{ ...serviceOf(value), variable: privateDomainVariable }]
    case 'url':
      return referencesIn(value.of)
    case 'shared':
    case 'secret':
      return []
  }
}
