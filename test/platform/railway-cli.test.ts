import { describe, expect, it } from 'vitest'
import { chooseCredential } from '../../src/platform/credential.ts'
import { railwayCli } from '../../src/platform/railway-cli.ts'
import { failureOf } from './railway-on-the-path.ts'

const token = 'f00dfeed-token-of-an-account'
const real = chooseCredential({ RAILWAY_API_TOKEN: token }, undefined)
const loopback = { url: 'http://127.0.0.1:4000/graphql/v2', host: '127.0.0.1:4000', isLoopback: true }

describe('what is started', () => {
  const parts = { credential: real, standIn: '/stand-in.js', execPath: '/node' }

  it('on Railway is the command on the PATH, which sees little of this machine', () => {
    const variables = {
      PATH: '/bin',
      HOME: '/home/nina',
      RAILWAY_TOKEN: '',
      RAILWAY_PROJECT_ID: 'x',
      SSH_AUTH_SOCK: '',
      APP_KEY: 'mine',
    }
    expect(railwayCli({ ...parts, variables }, 'ssh')).toEqual({
      program: 'railway',
      leading: [],
      env: {
        PATH: '/bin',
        HOME: '/home/nina',
        RAILWAY_API_TOKEN: token,
        RAILWAY_NO_TELEMETRY: '1',
        RAILWAY_NO_AUTO_UPDATE: '1',
        CI: '1',
        RAILWAY_AGENT_ADVISORY: '0',
      },
      isStandIn: false,
      isWindows: false,
    })
  })

  it('in a rehearsal is its stand-in, or nothing', () => {
    const credential = { ...real, endpoint: loopback }
    const cli = railwayCli({ ...parts, credential, variables: { PATH: '/bin' } }, 'ssh')
    expect(cli).toMatchObject({ program: '/node', leading: ['/stand-in.js'], isStandIn: true })
    expect(cli.env.RAILWAY_BACKBOARD_URL).toBe(loopback.url)
    const without = () => railwayCli({ ...parts, credential, variables: {}, standIn: undefined }, 'ssh')
    expect(failureOf(without)).toMatchObject({ kind: 'usage', code: 'rehearsal-not-running' })
  })

  it('with a project token is nothing for a container, and for the rest has that token only', () => {
    const own = { ...parts, credential: { ...real, kind: 'project' as const }, variables: { RAILWAY_API_TOKEN: 'x' } }
    const failure = failureOf(() => railwayCli(own, 'ssh'))
    expect(failure).toMatchObject({ kind: 'denied', code: 'not-authorized' })
    expect(failure.hint).toContain('RAILWAY_API_TOKEN')
    for (const use of ['run', 'up'] as const) {
      const { env } = railwayCli(own, use)
      expect(env).toMatchObject({ RAILWAY_TOKEN: token, RAILWAY_NO_TELEMETRY: '1' })
      expect(env).not.toHaveProperty('RAILWAY_API_TOKEN')
    }
  })
})
