import { dirname, join } from 'node:path'
import { startInBackground } from '../../kit/background.ts'
import { OperatorError } from '../../kit/errors.ts'
import { poll } from '../../kit/poll.ts'
import type { RehearsalAddress } from '../../kit/rehearsal-address.ts'
import { clipped } from '../../kit/text.ts'
import type { CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { announcedRehearsal, askControl } from './rehearse-control.ts'
import { portOption } from './rehearse-port.ts'

const startsWithinMs = 20_000
const steadily = { firstMs: 50, factor: 1, longestMs: 50 }

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const port = portOption(input)
  const running = await announcedRehearsal(context)
  if (running !== undefined && (await askControl(context, running, 'GET', 'state')) !== undefined) {
    refuseOtherPort(running, port)
    context.output.notice('The rehearsal platform is running already.')
    tell(context, running)
    return exitCodes.done.code
  }
  tell(context, await start(context, port))
  return exitCodes.done.code
}

async function start(context: Context, port: number | undefined): Promise<RehearsalAddress> {
  const { machine, options, stateDirectory } = context
  const logPath = join(stateDirectory, 'rehearsal.log')
  // Makes the directory, and leaves no words of an earlier run.
  await context.files.writeText(logPath, '')
  const program = machine.argv[1] ?? ''
  const child = startInBackground(
    machine.execPath,
    [
      program,
      'rehearse',
      'serve',
      '--state',
      stateDirectory,
      '--no-color',
      ...(port === undefined ? [] : ['--port', String(port)]),
      ...(options.config === undefined ? [] : ['--config', options.config]),
    ],
    { cwd: machine.cwd(), logPath },
  )
  const ready = await poll(
    async () => {
      const address = await announcedRehearsal(context)
      if (address?.pid === child.pid) return address
      return child.exitCode() === undefined ? undefined : 'ended'
    },
    { clock: context.clock, signal: context.signal, backoff: steadily, withinMs: startsWithinMs },
  )
  if (ready !== undefined && ready !== 'ended') {
    child.release()
    return ready
  }
  const said = (await context.files.readText(logPath))?.trim() ?? ''
  throw new OperatorError({
    kind: 'failed',
    code: 'rehearsal-failed',
    message: `The rehearsal platform did not start.${said === '' ? '' : ` It said: ${clipped(said, 400)}`}`,
    hint: `Its words are in ${join(dirname(logPath), 'rehearsal.log')}.`,
  })
}

function refuseOtherPort(running: RehearsalAddress, port: number | undefined): void {
  if (port === undefined || Number(new URL(running.endpoint).port) === port) return
  throw new OperatorError({
    kind: 'usage',
    code: 'rehearsal-already-running',
    message: `A rehearsal platform is running already, at ${running.endpoint}.`,
    hint: 'Stop it first: fakturino rehearse down',
  })
}

function tell(context: Context, { endpoint, edge, tokens, pid }: RehearsalAddress): void {
  const next = ['fakturino init --yes --local', 'fakturino plan -e staging --local', 'fakturino rehearse down'].map(
    (command) => followUp(command, context.options),
  )
  context.output.answer({ type: 'rehearsal-up', rehearsal: { endpoint, edge, tokens, pid, next } })
}
