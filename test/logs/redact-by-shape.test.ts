import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRowRedactor, redactByShape, redactFields } from '../../src/logs/redact-by-shape.ts'
import { aRow, rowsOf } from './row-samples.ts'

const secret = 'Zk9x/Qm2+rT7vB4='

describe('a secret that nobody told us of is taken out by its shape', () => {
  it.each([
    [`MYSQL_URL=mysql://root:${secret}@host:3306/railway`, 'MYSQL_URL=mysql://root:[secret]@host:3306/railway'],
    [`Parsing DATABASE_URL: mysql://u:${secret}@h/db`, 'Parsing DATABASE_URL: mysql://u:[secret]@h/db'],
    [`redis://:${secret}@redis.railway.internal:6379`, 'redis://:[secret]@redis.railway.internal:6379'],
    [`clone https://${'x'.repeat(20)}@github.com/a/b`, 'clone https://[secret]@github.com/a/b'],
    [`MYSQLPASSWORD=${secret}`, 'MYSQLPASSWORD=[secret]'],
    [`Password: ${secret}`, 'Password: [secret]'],
    [`APP_KEY=base64:${'A1b2'.repeat(11)}`, 'APP_KEY=[secret]'],
    [`key is base64:${'A1b2'.repeat(11)}`, 'key is base64:[secret]'],
    [`PADDLE_API_KEY="${secret}" next`, 'PADDLE_API_KEY="[secret]" next'],
    [`export NLB_MTLS_KEY_BASE64='${secret}'`, "export NLB_MTLS_KEY_BASE64='[secret]'"],
    [`STRIPE_WEBHOOK_SECRET => ${secret}`, 'STRIPE_WEBHOOK_SECRET => [secret]'],
    [`Authorization: Bearer ${secret}`, 'Authorization: Bearer [secret]'],
    [`authorization: basic ${secret}`, 'authorization: basic [secret]'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def', 'token [secret]'],
    ['stripe said sk_live_abcdef123456', 'stripe said [secret]'],
    [`GET /x?token=${secret}&page=2`, 'GET /x?token=[secret]&page=2'],
    [`{"password":"a\\"b${secret}","page":2}`, '{"password":"[secret]","page":2}'],
    [`{"line":"{\\"password\\":\\"${secret}\\",\\"n\\":1}"}`, '{"line":"{\\"password\\":\\"[secret]\\",\\"n\\":1}"}'],
    ['{"password":12345678,"page":2}', '{"password":"[secret]","page":2}'],
    ['production.INFO: sent {"pin_token": -1.5e3} ["x"]', 'production.INFO: sent {"pin_token": "[secret]"} ["x"]'],
    [`{"api_key":["${secret}","b"],"page":2}`, '{"api_key":["[secret]"],"page":2}'],
    ['{"line":"{\\"password\\":123}"}', '{"line":"{\\"password\\":\\"[secret]\\"}"}'],
    [`{"line":"APP_SECRET=${secret}"}`, '{"line":"APP_SECRET=[secret]"}'],
    [`-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY----- ok`, '[secret] ok'],
    [`\u001b[33mSMTP_PASSWORD\u001b[0m=\u001b[32m${secret}\u001b[0m`, 'SMTP_PASSWORD=[secret]'],
  ])('%s', (line, safe) => {
    expect(redactByShape(line)).toBe(safe)
  })

  it.each([
    'production.WARNING: Missing Paddle configuration {"config_key":"cashier.seller_id"}',
    "SQLSTATE[42000]: 1061 Duplicate key name 'idx_tokens'",
    'listening on http://0.0.0.0:8080/app@2x.png',
    'CSRF token mismatch.',
    'cache key: users.1',
    'PADDLE_API_KEY=missing',
    'APP_KEY=',
    'API_TOKEN=${{ shared.API_TOKEN }}',
    'max_tokens=512',
    'GET /health 200',
    '\u001b[32mThe token is checked\u001b[0m',
  ])('%s stays as it is', (line) => {
    expect(redactByShape(line)).toBe(line)
  })

  it('what is redacted once stays so', () => {
    const once = redactByShape(`MYSQLPASSWORD=${secret} mysql://u:${secret}@h Bearer ${secret} "token":"${secret}"`)
    expect(redactByShape(once)).toBe(once)
    expect(once).not.toContain(secret)
  })

  it('JSON in a text of JSON ends where it ends, though a secret in it ends with a backslash', () => {
    const fields = { key: JSON.stringify({ password: '\\' }), password: JSON.stringify({ line: '{}' }) }
    const told: object = JSON.parse(redactByShape(JSON.stringify(fields)))
    expect(told).toEqual({ key: JSON.stringify({ password: '[secret]' }), password: '[secret]' })
  })

  it('JSON stays JSON', () => {
    const names = fc.constantFrom('password', 'api_key', 'APP_KEY', 'token', 'n', 'key', 'STRIPE_SECRET')
    const texts = fc.oneof(fc.string(), fc.constantFrom(`TOKEN=${secret}`, `mysql://u:${secret}@h`, `Bearer ${secret}`))
    const values = fc.oneof(
      texts,
      fc.integer(),
      fc.array(fc.oneof(texts, fc.integer())),
      fc.boolean(),
      fc.dictionary(names, fc.oneof(texts, fc.integer(), fc.array(texts))),
      fc.dictionary(names, fc.integer()).map((it) => JSON.stringify({ line: JSON.stringify(it) })),
      fc.dictionary(names, texts).map((it) => JSON.stringify(it)),
    )
    fc.assert(
      fc.property(fc.dictionary(names, values), (fields) => {
        const told: object = JSON.parse(redactByShape(JSON.stringify(fields)))
        expect(Object.keys(told)).toEqual(Object.keys(fields))
        expect(redactByShape(JSON.stringify(fields))).not.toContain(secret)
      }),
      { numRuns: 500 },
    )
  })

  it('a very long line takes no time', () => {
    const start = performance.now()
    for (const piece of [
      'token',
      'token=',
      'a://',
      'a://b:c',
      '"token":"',
      '"token":["a",',
      '"token":1,',
      '-----BEGIN A-----',
      'bearer ',
      'KEY=\\"',
      "'",
      '\\',
    ]) {
      redactByShape(`token=${piece.repeat(200_000 / piece.length)}`)
    }
    expect(performance.now() - start).toBeLessThan(1_500)
  })
})

it('the fields of a structured line are judged by their names too, however deep they are', () => {
  expect(
    redactFields({ user: { password: secret, pin: 7, api_key: 123456 }, tags: [`x=${secret}`, `TOKEN=${secret}`] }),
  ).toEqual({
    user: { password: '[secret]', pin: 7, api_key: '[secret]' },
    tags: [`x=${secret}`, 'TOKEN=[secret]'],
  })
  expect(
    redactFields({ credentials: { user: 'nina', codes: [1234, { at: secret }] }, token: { isOld: false } }),
  ).toEqual({
    credentials: { user: '[secret]', codes: ['[secret]', { at: '[secret]' }] },
    token: { isOld: false },
  })
  let deep: Record<string, unknown> = { password: secret }
  for (let depth = 0; depth < 100; depth += 1) deep = { deep }
  expect(JSON.stringify(redactFields(deep))).not.toContain(secret)
})

describe('rows', () => {
  const body = ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKB', 'wqkm7fyT+g==']

  it('a block of PEM that is printed a line a row is taken out, and what another container says is not', () => {
    const redact = createRowRedactor()
    const rows = rowsOf(['-----BEGIN PRIVATE KEY-----', ...body, '-----END PRIVATE KEY-----', 'done'])
    expect(rows.map((row) => redact(row).message)).toEqual(['[secret]', '[secret]', '[secret]', '[secret]', 'done'])
    redact(aRow({ message: '-----BEGIN PRIVATE KEY-----' }))
    expect(redact(aRow({ message: 'Starting', instanceId: 'i2' })).message).toBe('Starting')
  })

  it('a line of it that came first is known by its shape', () => {
    expect(createRowRedactor()(aRow({ message: body[0] ?? '' })).message).toBe('[secret]')
    expect(createRowRedactor()(aRow({ message: 'a1'.repeat(32) })).message).toBe('a1'.repeat(32))
  })

  it('attributes and what the edge was asked are redacted as well', () => {
    const request = {
      id: 'r',
      method: 'GET',
      host: 'h',
      path: `/?token=${secret}`,
      status: 200,
      totalMs: 1,
      upstreamMs: 1,
    }
    const row = createRowRedactor()(
      aRow({ attributes: { db_password: secret }, request: { ...request, upstreamErrors: '', region: 'r' } }),
    )
    expect(JSON.stringify(row)).not.toContain(secret)
  })
})
