// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are references as Railway writes them
import { describe, expect, test } from 'vitest'
import { privateDomain, publicDomain, ref, shared, url } from '../../src/config/define.ts'
import {
  type Expression,
  holdsReference,
  referencesIn,
  referencesInText,
  type SecretName,
  writtenText,
} from '../../src/config/expressions.ts'

const surroundings = {
  service: 'worker',
  customDomain: (service: string) => (service === 'shop' ? 'shop.example.com' : undefined),
  port: (service: string) => ({ api: 8080, worker: 9000 })[service],
}

const table: [wish: string, value: string | Exclude<Expression, SecretName>, text: string][] = [
  ['text stays as it is', 'a ${{postgres.PGHOST}} b', 'a ${{postgres.PGHOST}} b'],
  ["another service's variable", ref('postgres', 'DATABASE_URL'), '${{postgres.DATABASE_URL}}'],
  ['a variable of a service with dashes', ref('mcp-server', 'PORT'), '${{mcp-server.PORT}}'],
  ['a shared variable', shared('X'), '${{shared.X}}'],
  ['its own public domain', publicDomain(), '${{RAILWAY_PUBLIC_DOMAIN}}'],
  ["another's public domain", publicDomain('api'), '${{api.RAILWAY_PUBLIC_DOMAIN}}'],
  ['a custom domain', publicDomain('shop'), 'shop.example.com'],
  ["another's private domain", privateDomain('api'), '${{api.RAILWAY_PRIVATE_DOMAIN}}'],
  ['its own private domain', privateDomain(), '${{RAILWAY_PRIVATE_DOMAIN}}'],
  ['a public url is https', url(publicDomain('api')), 'https://${{api.RAILWAY_PUBLIC_DOMAIN}}'],
  ['its own public url', url(publicDomain()), 'https://${{RAILWAY_PUBLIC_DOMAIN}}'],
  ['a public url at a custom domain', url(publicDomain('shop')), 'https://shop.example.com'],
  ['a private url is http, at the port', url(privateDomain('api')), 'http://${{api.RAILWAY_PRIVATE_DOMAIN}}:8080'],
  ['its own private url', url(privateDomain()), 'http://${{RAILWAY_PRIVATE_DOMAIN}}:9000'],
]

describe('an expression is stored as what Railway resolves', () => {
  test.each(table)('%s', (_wish, value, text) => {
    expect(writtenText(value, surroundings)).toBe(text)
  })
})

describe('references are found', () => {
  const found: [wish: string, value: string | Expression, references: { service?: string; variable: string }[]][] = [
    ['in a reference', ref('redis', 'REDISHOST'), [{ service: 'redis', variable: 'REDISHOST' }]],
    ['in a url', url(publicDomain('api')), [{ service: 'api', variable: 'RAILWAY_PUBLIC_DOMAIN' }]],
    ['to itself', url(privateDomain()), [{ variable: 'RAILWAY_PRIVATE_DOMAIN' }]],
    [
      'several in one text, with spaces',
      'x${{ redis.REDIS_URL }}y${{PORT}}z${{My Service.A}}',
      [{ service: 'redis', variable: 'REDIS_URL' }, { variable: 'PORT' }, { service: 'My Service', variable: 'A' }],
    ],
    ['but not to shared variables', '${{shared.X}}', []],
    ['and not in single braces', '${DATABASE_URL}', []],
  ]
  test.each(found)('%s', (_wish, value, references) => {
    expect(referencesIn(value)).toEqual(references)
  })
})

describe('in a text as Railway stores it', () => {
  const found: [value: string, references: { service?: string; variable: string }[]][] = [
    ['', []],
    ['plain ${X} {{Y}}', []],
    ['${{X}}', [{ variable: 'X' }]],
    ['${{ postgres.URL }}', [{ service: 'postgres', variable: 'URL' }]],
    ['${{ postgres . URL }}', [{ service: 'postgres', variable: 'URL' }]],
    ['${{My Service.URL}}', [{ service: 'My Service', variable: 'URL' }]],
    ['${{my.service.URL}}', [{ service: 'my.service', variable: 'URL' }]],
    ['${{shared.KEY}}', [{ service: 'shared', variable: 'KEY' }]],
    ['a ${{X}}:${{b.Y}}/', [{ variable: 'X' }, { service: 'b', variable: 'Y' }]],
  ]
  test.each(found)('%j refers to its variables, shared ones too', (value, references) => {
    expect(referencesInText(value)).toEqual(references)
    expect(holdsReference(value)).toBe(references.length > 0)
  })

  test('what only opens like a reference is held for one', () => {
    expect(holdsReference('${{X}')).toBe(true)
  })
})
