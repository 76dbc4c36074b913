import type { ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ExpectedFailure, expectFailure } from '../../support/expect-failure.ts'
import { closedPort, scriptedServer } from '../../support/scripted-server.ts'
import { aStage, type Stage } from '../../support/stage.ts'

describe('a command without a way to the platform', () => {
  it.each(['init', 'plan', 'deploy', 'status'])('%s without a token is denied', async (command) => {
    const argv = command === 'deploy' ? ['deploy', '-e', 'staging'] : [command]
    await expectFailure(
      await aStage(),
      argv,
      {
        exitCode: 4,
        kind: 'denied',
        code: 'token-missing',
        says: /no token for Railway: neither RAILWAY_TOKEN nor RAILWAY_API_TOKEN is set/,
        next: /Set RAILWAY_TOKEN .* or RAILWAY_API_TOKEN .* or add --local/,
      },
      { isRemote: true },
    )
  })

  it('an empty token counts as none, and is said', async () => {
    await expectFailure(
      await aStage(),
      ['plan'],
      {
        exitCode: 4,
        kind: 'denied',
        code: 'token-missing',
        says: /RAILWAY_TOKEN is set but empty, and counts as absent.*no token for Railway/s,
        next: /Set RAILWAY_TOKEN/,
      },
      { isRemote: true, env: { RAILWAY_TOKEN: ' ' } },
    )
  })

  it("a rehearsal's token is not sent to Railway", async () => {
    await expectFailure(
      await aStage(),
      ['status'],
      {
        exitCode: 4,
        kind: 'denied',
        code: 'token-elsewhere',
        says: /RAILWAY_API_TOKEN holds the token of a rehearsal.*Nothing was sent/s,
        next: /Add --local/,
      },
      { isRemote: true, env: { RAILWAY_API_TOKEN: 'rehearsal_account_1' } },
    )
  })

  it("an endpoint that is neither Railway's nor this machine is refused", async () => {
    await expectFailure(
      await aStage(),
      ['plan'],
      {
        exitCode: 64,
        kind: 'usage',
        code: 'endpoint-not-allowed',
        says: /FAKTURINO_ENDPOINT names neither Railway nor this machine.*Nothing was sent/s,
        next: /Unset FAKTURINO_ENDPOINT/,
      },
      {
        isRemote: true,
        env: { FAKTURINO_ENDPOINT: 'https://railway.example.com/graphql/v2', RAILWAY_API_TOKEN: 'secret-token' },
      },
    )
  })

  it('--local without a running rehearsal says how to start one', async () => {
    const stage = await aStage()
    for (const path of Object.keys(stage.files.all())) await stage.files.remove(path)
    await expectFailure(stage, ['status'], {
      exitCode: 64,
      kind: 'usage',
      code: 'rehearsal-not-running',
      says: /No rehearsal platform is running, and --local talks to one/,
      next: /fakturino rehearse up/,
    })
  })

  it('a damaged address file is told by its path', async () => {
    const stage = await aStage()
    for (const path of Object.keys(stage.files.all())) await stage.files.writeText(path, '{"format": 1')
    await expectFailure(stage, ['plan'], {
      exitCode: 64,
      kind: 'usage',
      code: 'rehearsal-not-running',
      says: /rehearsal\.json does not say where the rehearsal platform is/,
      next: /fakturino rehearse up/,
    })
  })
})

describe('an endpoint that does not do its part', () => {
  const unreachable = { exitCode: 69, kind: 'unreachable' }
  const situations: {
    name: string
    answer: (response: ServerResponse, stage: Stage) => void
    expected: ExpectedFailure
  }[] = [
    {
      name: 'hangs',
      answer: (_response, stage) => stage.clock.advance(31_000),
      expected: {
        ...unreachable,
        code: 'timeout',
        says: /"find workspaces" failed: 127\.0\.0\.1:\d+ did not answer in time/,
        next: /fakturino rehearse up/,
        isRetryable: true,
      },
    },
    {
      name: 'answers HTML',
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'text/html' })
        response.end('<html><body>Sign in at the <b>captive portal</b></body></html>')
      },
      expected: {
        ...unreachable,
        code: 'not-graphql',
        says: /answered 200 with something that is not GraphQL/,
        next: /fakturino rehearse up/,
      },
    },
    {
      name: 'answers 502 with HTML',
      answer: (response) => {
        response.writeHead(502, { 'content-type': 'text/html' })
        response.end('<html>Bad Gateway</html>')
      },
      expected: {
        ...unreachable,
        code: 'platform-error',
        says: /it answered 502/,
        next: /run the command again/,
        isRetryable: true,
      },
    },
    {
      name: 'answers 429 for ever',
      answer: (response) => {
        response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '7' })
        response.end('{"message":"slow down"}')
      },
      expected: {
        ...unreachable,
        code: 'rate-limited',
        says: /too many requests from this token/,
        next: /Wait 7 s, then run the command again/,
        isRetryable: true,
      },
    },
    {
      name: 'answers half of it',
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end('{"data":{"apiToken":{"workspaces":[')
      },
      expected: {
        ...unreachable,
        code: 'not-graphql',
        says: /something that is not GraphQL/,
        next: /fakturino rehearse up/,
      },
    },
  ]

  describe.each(situations)('$name', ({ answer, expected }) => {
    it.each([
      ['plan', '-e', 'staging'],
      ['status', '-e', 'staging'],
      ['deploy', '-e', 'staging', '--yes'],
      ['init', '--yes'],
    ])('%s ends with 69 and one message', async (...argv) => {
      const stage = await aStage()
      const server = await scriptedServer((response) => answer(response, stage))
      onTestFinished(() => server.close())
      await expectFailure(stage, argv, expected, toward(server.port))
      expect(server.seen.every((request) => !request.body.includes('mutation'))).toBe(true)
    })
  })

  it('refuses connections: told with its address, and tried more than once', async () => {
    await expectFailure(
      await aStage(),
      ['plan', '-e', 'staging'],
      {
        ...unreachable,
        code: 'unreachable',
        says: /no connection to 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/,
        next: /fakturino rehearse up/,
        isRetryable: true,
      },
      toward(await closedPort()),
    )
  })

  it('gives no more than the message away: the body of a foreign answer is not repeated', async () => {
    const stage = await aStage()
    const server = await scriptedServer((response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<html>captive portal</html>')
    })
    onTestFinished(() => server.close())
    const ran = await stage.run(['status', '-e', 'staging', '-v'], toward(server.port))
    expect(`${ran.stdout}${ran.stderr}`).not.toContain('captive portal')
  })

  function toward(port: number) {
    return {
      isRemote: true,
      env: { FAKTURINO_ENDPOINT: `http://127.0.0.1:${port}`, RAILWAY_API_TOKEN: 'rehearsal_account_1' },
    }
  }
})

describe('a platform that has to be asked again', () => {
  it('is said to be, before the wait and not after it', async () => {
    const stage = await aStage()
    const server = await scriptedServer((response) => {
      response.writeHead(503, { 'content-type': 'text/html' })
      response.end('<h1>Down</h1>')
    })
    onTestFinished(() => server.close())
    const env = { FAKTURINO_ENDPOINT: `${server.url}/graphql/v2`, RAILWAY_API_TOKEN: 'rehearsal_account_1' }
    const { stderr } = await stage.run(['status', '-e', 'staging'], { isRemote: true, env })
    const told = stderr.replaceAll(/\s+/g, ' ')
    expect(told.match(/it answered 503\. Asking again in \d+(\.\d)? s\./g)).toHaveLength(3)
    expect(told.indexOf('Asking again')).toBeLessThan(told.indexOf('✗'))
  })
})
