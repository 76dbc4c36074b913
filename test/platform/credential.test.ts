import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { RehearsalAddress } from '../../src/kit/rehearsal-address.ts'
import { chooseCredential, headerValue } from '../../src/platform/credential.ts'

const rehearsal: RehearsalAddress = {
  format: 1,
  endpoint: 'http://127.0.0.1:4000/graphql/v2',
  edge: { host: '127.0.0.1', port: 4001 },
  tokens: { account: 'rehearsal_account', workspace: 'rehearsal_workspace', project: { staging: 'rehearsal_staging' } },
  controlToken: 'rehearsal_control',
  pid: 1,
}
const railway = 'https://backboard.railway.com/graphql/v2'
const local = 'http://127.0.0.1:9999/graphql/v2'

function chosen(variables: Record<string, string | undefined>, address?: RehearsalAddress) {
  const credential = chooseCredential(variables, address)
  const { endpoint, kind, header, notices } = credential
  return { url: endpoint.url, kind, header, value: headerValue(credential).reveal(), notices }
}

describe('the choice of a token', () => {
  it.each([
    ['a project token', { RAILWAY_TOKEN: 'p1' }, 'project', 'Project-Access-Token', 'p1'],
    ['an account token', { RAILWAY_API_TOKEN: 'a1' }, 'bearer', 'Authorization', 'Bearer a1'],
    ['white space around it', { RAILWAY_TOKEN: ' p1\n' }, 'project', 'Project-Access-Token', 'p1'],
  ])('follows the name of the variable: %s', (_, variables, kind, header, value) => {
    expect(chosen(variables)).toEqual({ url: railway, kind, header, value, notices: [] })
  })

  it('takes RAILWAY_TOKEN of two, and says so', () => {
    expect(chosen({ RAILWAY_TOKEN: 'p1', RAILWAY_API_TOKEN: 'a1' })).toMatchObject({
      value: 'p1',
      notices: ['RAILWAY_TOKEN is used; RAILWAY_API_TOKEN is set too and is not.'],
    })
  })

  it('counts an empty one as absent, and says so', () => {
    expect(chosen({ RAILWAY_TOKEN: '', RAILWAY_API_TOKEN: 'a1' })).toMatchObject({
      value: 'Bearer a1',
      notices: ['RAILWAY_TOKEN is set but empty, and counts as absent.'],
    })
  })

  it.each([[{}], [{ RAILWAY_TOKEN: '', RAILWAY_API_TOKEN: ' ' }]])('denies without one: %j', (variables) => {
    expect(() => chosen(variables)).toThrow(
      expect.objectContaining({ kind: 'denied', code: 'token-missing', hint: expect.stringContaining('--local') }),
    )
  })

  it.each(['two words', 'line\nbreak', 'gr\u00fcn', 'a\u0000b'])('denies one that no header can carry: %j', (token) => {
    expect(() => chosen({ RAILWAY_TOKEN: token })).toThrow(expect.objectContaining({ code: 'token-invalid' }))
  })
})

describe('credentials that never cross', () => {
  it('refuses to bring a token of a rehearsal to Railway', () => {
    expect(() => chosen({ RAILWAY_TOKEN: 'rehearsal_sentinel', RAILWAY_API_TOKEN: 'a1' })).toThrow(
      expect.objectContaining({ kind: 'denied', code: 'token-elsewhere' }),
    )
  })

  it('brings none of Railway to a rehearsal, says so in one line, and uses the account token of the address', () => {
    const variables = { RAILWAY_TOKEN: 'sentinel-1', RAILWAY_API_TOKEN: 'sentinel-2' }
    expect(chosen(variables, rehearsal)).toEqual({
      url: rehearsal.endpoint,
      kind: 'bearer',
      header: 'Authorization',
      value: 'Bearer rehearsal_account',

      notices: ['RAILWAY_TOKEN and RAILWAY_API_TOKEN are for Railway and not sent to a rehearsal.'],
    })
  })

  it('passes over the token of Railway for one of the rehearsal', () => {
    expect(chosen({ RAILWAY_TOKEN: 'sentinel', RAILWAY_API_TOKEN: 'rehearsal_workspace' }, rehearsal)).toMatchObject({
      value: 'Bearer rehearsal_workspace',
      notices: ['RAILWAY_TOKEN is for Railway and not sent to a rehearsal.'],
    })
  })

  it('needs a token of the rehearsal where only the endpoint names it', () => {
    expect(chosen({ FAKTURINO_ENDPOINT: local, RAILWAY_TOKEN: 'rehearsal_x' })).toMatchObject({ url: local })
    expect(() => chosen({ FAKTURINO_ENDPOINT: local, RAILWAY_TOKEN: 'p1' })).toThrow(
      expect.objectContaining({ code: 'token-missing', hint: expect.stringContaining('--local') }),
    )
  })

  it('shows the token nowhere: not in notices, not when printed, not in a refusal', () => {
    const credential = chooseCredential({ RAILWAY_TOKEN: 'sentinel-1', RAILWAY_API_TOKEN: 'sentinel-2' })
    expect(inspect(credential, { depth: 9 }) + JSON.stringify(credential)).not.toContain('sentinel')
    const refusals = [{ RAILWAY_TOKEN: 'rehearsal_sentinel' }, { RAILWAY_TOKEN: 'sentinel sentinel' }].map(
      (variables) => {
        try {
          return chooseCredential(variables).kind
        } catch (thrown) {
          return inspect(thrown, { depth: 9, showHidden: true }) + JSON.stringify(thrown)
        }
      },
    )
    expect(refusals.join()).toContain('OperatorError')
    expect(refusals.join()).not.toContain('sentinel')
  })
})

describe('the endpoint', () => {
  it.each([
    ['https://backboard.railway.com/graphql/v2', railway],
    ['https://backboard.railway.com', railway],
    ['https://BACKBOARD.railway.com:443/', railway],
    ['https://backboard.railway-staging.com', 'https://backboard.railway-staging.com/graphql/v2'],
    ['', railway],
  ])('may be Railway: %j', (text, url) => {
    expect(chosen({ FAKTURINO_ENDPOINT: text, RAILWAY_TOKEN: 'p1' }).url).toBe(url)
  })

  it.each([
    ['http://127.0.0.1:4000/graphql/v2', 'http://127.0.0.1:4000/graphql/v2'],
    ['http://127.1:4000', 'http://127.0.0.1:4000/graphql/v2'],
    ['http://localhost:4000/other', 'http://localhost:4000/other'],
    ['http://[::1]:4000', 'http://[::1]:4000/graphql/v2'],
  ])('may be this machine: %s', (text, url) => {
    expect(chosen({ FAKTURINO_ENDPOINT: text, RAILWAY_TOKEN: 'rehearsal_x' }).url).toBe(url)
  })

  it.each([
    'nonsense',
    'https://example.com/graphql/v2',
    'https://backboard.railway.com.example.com/graphql/v2',
    'https://railway.com/graphql/v2',
    'http://backboard.railway.com/graphql/v2',
    'https://backboard.railway.com:8443/graphql/v2',
    'https://backboard.railway.com/graphql/internal',
    'https://user:sentinel@backboard.railway.com/graphql/v2',
    'https://backboard.railway.com/graphql/v2?to=elsewhere',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@example.com',
    'http://0.0.0.0:4000',
    'http://10.0.0.1:4000',
    'ws://127.0.0.1:4000',
    'file:///etc/passwd',
  ])('may be nothing else: %s', (text) => {
    for (const RAILWAY_TOKEN of ['p1', 'rehearsal_x']) {
      expect(() => chosen({ FAKTURINO_ENDPOINT: text, RAILWAY_TOKEN })).toThrow(
        expect.objectContaining({
          kind: 'usage',
          code: 'endpoint-not-allowed',
          message: expect.not.stringContaining('sentinel'),
        }),
      )
    }
  })

  it("may not be another machine in a rehearsal's address, not even Railway", () => {
    for (const endpoint of ['http://10.0.0.1:4000/graphql/v2', railway]) {
      expect(() => chosen({ RAILWAY_TOKEN: 'p1' }, { ...rehearsal, endpoint })).toThrow(
        expect.objectContaining({ code: 'endpoint-not-allowed' }),
      )
    }
  })

  it('is the one of --local, and an ignored FAKTURINO_ENDPOINT is said', () => {
    expect(chosen({ FAKTURINO_ENDPOINT: railway }, rehearsal)).toMatchObject({
      url: rehearsal.endpoint,
      notices: ['FAKTURINO_ENDPOINT is ignored, because --local names the rehearsal.'],
    })
  })
})
