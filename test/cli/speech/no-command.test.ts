import { describe, expect, it } from 'vitest'
import { withFirstSteps } from '../../../src/cli/first-steps.ts'
import { parseArguments } from '../../../src/cli/program.ts'
import { OperatorError } from '../../../src/kit/errors.ts'
import { expectFailure, oneLine } from '../../support/expect-failure.ts'
import { aStage } from '../../support/stage.ts'

describe('fakturino without a command', () => {
  it('at a terminal is the status of the default environment, and what to do next', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    const ran = await stage.run([], { isTerminal: true })
    expect(ran.exitCode).toBe(0)
    expect(ran.stdout).toMatch(/^Project \S*fakturino-production\S*, environment \S*staging/)
    expect(oneLine(ran.stdout)).toContain('Next, because nothing was deployed yet:')
    const chosen = await stage.run(['-e', 'production'], { isTerminal: true })
    expect(chosen.stdout).toMatch(/^Project \S*fakturino-production\S*, environment \S*production/)
  })

  it('at a terminal, before there is a project, says what is missing and which command comes first', async () => {
    const stage = await aStage()
    const ran = await stage.run([], { isTerminal: true })
    const status = await stage.run(['status'])
    expect(ran.exitCode).toBe(status.exitCode)
    const told = oneLine(ran.stderr)
    expect(told).toContain('The token reaches no project called fakturino-production.')
    expect(told).toMatch(/fakturino init --local /)
    expect(told).toMatch(/fakturino rehearse /)
    expect(ran.stdout).toBe('')
  })

  it('at a terminal, without a token, says so and ends as status does', async () => {
    const stage = await aStage()
    const ran = await stage.run([], { isTerminal: true, isRemote: true })
    expect(ran.exitCode).toBe((await stage.run(['status'], { isRemote: true })).exitCode)
    expect(oneLine(ran.stderr)).toMatch(
      /RAILWAY_API_TOKEN; or try everything on this machine first.*fakturino rehearse/,
    )
  })

  it.each([
    ['in a pipe', {}],
    ['in CI', { isTerminal: true, env: { CI: '1' } }],
    ['where nobody can type', { isStdinClosed: true }],
  ])('%s it is no command', async (_, options) => {
    const stage = await aStage()
    const ran = await stage.run([], options)
    expect(ran.exitCode).toBe(64)
    expect(stage.platform.requests).toHaveLength(0)
  })

  it('as JSON it is no command, at a terminal too', async () => {
    await expectFailure(await aStage(), [], {
      exitCode: 64,
      kind: 'usage',
      code: 'unknown-command',
      says: /No command/,
      next: /--help/,
    })
    expect(() => parseArguments(['--json'], '1', 80, true)).toThrow('No command was named.')
  })

  it('and without any option, help is printed unless somebody is at a terminal', () => {
    expect(parseArguments([], '1', 80)).toMatchObject({
      kind: 'text',
      text: expect.stringContaining('Usage: fakturino'),
    })
    expect(parseArguments([], '1', 80, true)).toMatchObject({
      kind: 'command',
      isBare: true,
      definition: { name: 'status' },
    })
    expect(parseArguments(['--help'], '1', 80, true)).toMatchObject({ kind: 'text' })
    expect(parseArguments(['status'], '1', 80, true)).not.toHaveProperty('isBare')
    expect(() => parseArguments(['stauts'], '1', 80, true)).toThrow("Unknown command 'stauts'")
  })

  it('leaves failures alone that have nothing to do with beginning', () => {
    const error = new OperatorError({ kind: 'unreachable', code: 'timeout', message: 'x', hint: 'y' })
    expect(withFirstSteps(error)).toBe(error)
  })
})
