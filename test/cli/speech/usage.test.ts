import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../../src/cli/program.ts'
import { OperatorError } from '../../../src/kit/errors.ts'
import { expectFailure } from '../../support/expect-failure.ts'
import { aStage } from '../../support/stage.ts'

describe('a command line that cannot be meant', () => {
  const usage = { exitCode: 64, kind: 'usage' }

  it.each([
    [
      'an unknown option',
      ['deploy', '--enviroment', 'staging'],
      'unknown-option',
      /Unknown option '--enviroment'/,
      /Did you mean --environment\?/,
    ],
    [
      'an unknown option that nothing is near to',
      ['plan', '--zzzzzz'],
      'unknown-option',
      /Unknown option '--zzzzzz'/,
      /Run: fakturino plan --help/,
    ],
    [
      'an option of another command',
      ['status', '--commit', 'latest'],
      'unknown-option',
      /Unknown option '--commit'/,
      /\S/,
    ],
    [
      'an option of a subcommand',
      ['rollback', '--to', '11111111', '-e', 'staging'],
      'unknown-option',
      /Unknown option '--to'/,
      /Did you mean fakturino rollback services --to\?/,
    ],
    [
      'an option that artisan would know',
      ['artisan', 'migrate', '--force', '-e', 'staging'],
      'unknown-option',
      /Unknown option '--force'/,
      /behind two dashes, as in: fakturino artisan -e staging -- migrate --force/,
    ],
    [
      'an interval where check takes none',
      ['check', '--watch', '5s', '-e', 'staging'],
      'invalid-option',
      /--watch takes no time here, and 5s is no service/,
      /Leave out 5s/,
    ],
    [
      'a rollback to nothing',
      ['rollback', 'services', '-e', 'staging', '--to', ''],
      'invalid-option',
      /Nothing stands behind --to/,
      /Name a commit/,
    ],
    [
      'a history of what has not come yet',
      ['history', '-e', 'staging', '--since', '2099-01-01'],
      'invalid-option',
      /has not come yet/,
      /Write a duration/,
    ],
    ['an unknown command', ['dploy'], 'unknown-command', /Unknown command 'dploy'/, /Did you mean deploy\?/],
    [
      'an unknown command that nothing is near to',
      ['xyzzy'],
      'unknown-command',
      /Unknown command 'xyzzy'/,
      /Run: fakturino --help/,
    ],
    [
      'an unknown subcommand',
      ['rehearse', 'upp'],
      'unknown-command',
      /Unknown command 'rehearse upp'/,
      /Did you mean fakturino rehearse up\?/,
    ],
    [
      'help for an unknown command',
      ['help', 'deplyo'],
      'unknown-command',
      /Unknown command 'deplyo'/,
      /Did you mean deploy\?/,
    ],
    ['options without a command', ['--dry-run'], 'unknown-command', /No command was named/, /Run: fakturino --help/],
    [
      'an argument too many',
      ['status', 'api'],
      'invalid-option',
      /Too many arguments for 'status'/,
      /Run: fakturino status --help/,
    ],
    [
      'an unknown guard',
      ['deploy', '--allow', 'anything'],
      'invalid-option',
      /argument 'anything' is invalid.*risky-flag-default/,
      /--help/,
    ],
    [
      'a timeout that is no duration',
      ['plan', '--timeout', 'soon'],
      'invalid-option',
      /--timeout soon is no duration/,
      /90s, 45m or 1h/,
    ],
    [
      'a timeout without a unit',
      ['plan', '--timeout', '45'],
      'invalid-option',
      /--timeout 45 is no duration/,
      /90s, 45m or 1h/,
    ],
    [
      'a short commit',
      ['plan', '--commit', 'abc1234'],
      'invalid-option',
      /--commit abc1234 is neither a whole commit/,
      /git rev-parse/,
    ],
    [
      'a branch for a commit',
      ['deploy', '-e', 'staging', '--commit', 'main'],
      'invalid-option',
      /--commit main is neither/,
      /git rev-parse/,
    ],
    [
      'an unknown service',
      ['deploy', '-e', 'staging', 'wurker'],
      'unknown-service',
      /no service wurker; the nearest is 'worker'/,
      /Name services as the config does/,
    ],
    [
      'a pending service',
      ['deploy', '-e', 'staging', 'mcp-server'],
      'service-pending',
      /mcp-server is pending/,
      /Name other services, or none/,
    ],
    [
      'a port that is none',
      ['rehearse', 'up', '--port', '70000'],
      'invalid-option',
      /--port 70000 is no port/,
      /Leave it out/,
    ],
    [
      'an option in the place of a value',
      ['deploy', '-e', 'staging', '--reason', '--yes'],
      'invalid-option',
      /'--reason <text>'.*'--yes'/,
      /\S/,
    ],
    [
      'one environment for init',
      ['init', '-e', 'staging', '--yes', '--deploy'],
      'invalid-option',
      /init sets up every environment of the config, and -e names one/,
      /run: fakturino deploy -e staging --local/,
    ],
    [
      'a workspace that is not there',
      ['init', '--yes', '--workspace', 'nowhere'],
      'invalid-option',
      /no workspace called nowhere/,
      /It reaches/,
    ],
  ])('%s', async (_, argv, code, says, next) => {
    await expectFailure(await aStage(), argv, { ...usage, code, says, next })
  })

  it.each([
    ['-e', ['deploy', '-e']],
    ['--reason', ['deploy', '-e', 'staging', '--reason']],
    ['--commit', ['deploy', '-e', 'staging', '--commit']],
    ['-e, with an option after it', ['deploy', '-e', '--local']],
    ['-c, with an option after it', ['plan', '-c', '-y']],
    ['--secrets-file, with an option after it', ['init', '--secrets-file', '--yes']],
    ['--allow, with an option after it', ['deploy', '--allow', '--yes']],
  ])('a value is missing: %s', (_, argv) => {
    expect(refusal(argv)).toMatchObject({
      kind: 'usage',
      code: 'invalid-option',
      hint: expect.stringContaining('--help'),
    })
  })

  it('keeps - as a value: it stands for stdin', () => {
    const asked = parseArguments(['init', '--secrets-file', '-'], '1.0.0', 80)
    expect(asked).toMatchObject({ kind: 'command', input: { options: { secretsFile: '-' } } })
  })

  it('repeats options that may be repeated, and keeps their order', () => {
    const argv = ['deploy', '--allow', 'split-revision', '--allow', 'staged-changes', '--confirm-destructive', 'api.A']
    expect(parseArguments(argv, '1.0.0', 80)).toMatchObject({
      options: { allow: ['split-revision', 'staged-changes'], confirmDestructive: ['api.A'] },
    })
    expect(parseArguments(['deploy'], '1.0.0', 80)).toMatchObject({ options: { allow: [], confirmDestructive: [] } })
  })

  it('is told in JSON when --json stands anywhere in it', async () => {
    const ran = await (await aStage()).run(['--json', 'dploy'])
    expect(ran.documents).toEqual([
      {
        type: 'failure',
        format: 1,
        kind: 'usage',
        code: 'unknown-command',
        message: "Unknown command 'dploy'.",
        hint: 'Did you mean deploy?',
        exitCode: 64,
        retryable: false,
      },
    ])
    expect(ran.stderr).toBe('')
  })

  function refusal(argv: string[]): OperatorError {
    try {
      parseArguments(argv, '1.0.0', 80)
    } catch (error) {
      if (error instanceof OperatorError) return error
    }
    throw new Error(`${argv.join(' ')} was accepted`)
  }
})

describe('short switches in one word', () => {
  it('-yq is quiet as well as approved', async () => {
    const ran = await (await aStage()).run(['init', '-yq'])
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('-qe takes the next word as the environment', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const ran = await stage.run(['deploy', '--yes', '-qe', 'staging'])
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('-eq is the environment q, and not quiet', async () => {
    const ran = await (await aStage()).run(['plan', '-eq'])
    expect(ran.stderr).toContain("no environment 'q'")
  })
})
