import { forgivingJournal } from '../../journal/forgiving-journal.ts'
import { OperatorError } from '../../kit/errors.ts'
import { shellWord } from '../../kit/shell-word.ts'
import { listed, shortCommit } from '../../kit/text.ts'
import { codeOption } from '../../kit/uploaded-revision.ts'
import { type RollBackNeeds, type RollBackRequest, rollBackServices } from '../../operations/roll-back-services.ts'
import type { Rollback } from '../../operations/rolled-back.ts'
import type { Undo } from '../../output/answers.ts'
import { type RailwayCli, railwayCli } from '../../platform/railway-cli.ts'
import { type CommandInput, isGiven, textOption } from '../command.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { followUp } from '../follow-up.ts'
import { desiredWhere, wantedEnvironment } from '../target.ts'
import { author, deployNeeds } from './deploy.ts'

export async function run(context: Context, input: CommandInput): Promise<ExitCode> {
  const { request, needs } = await askedRollback(context, input)
  tellRollback(await rollBackServices(request, needs), context)
  return exitCodes.done.code
}

/** What argv asks for, and what it takes. */
export async function askedRollback(
  context: Context,
  input: CommandInput,
): Promise<{ request: RollBackRequest; needs: RollBackNeeds }> {
  const { canAsk, options, output, doors, ask } = context
  const config = (await context.configIfReadable())?.config
  const needs = await deployNeeds(context)
  const to = textOption(input, 'to')
  if (to?.trim() === '') throw nothingNamed()
  const { service: services = [] } = input.options
  const { redact } = await context.access()
  const isAsked = canAsk && options.yes !== true && options.dryRun !== true
  return {
    request: {
      wanted: await wantedEnvironment(context, 'changing', config),
      desiredFor: desiredWhere(config),
      isSpelledOut: context.options.environment !== undefined,
      ...(to === undefined ? {} : { to }),
      services: Array.isArray(services) ? services.filter((name) => typeof name === 'string') : [],
      mayBuild: isGiven(input, 'rebuild'),
      author: author('rollback', context),
      marksBad: isGiven(input, 'markBad'),
      pinsVariables: isGiven(input, 'pinVariables'),
      allowStaged: context.options.allow.includes('staged-changes'),
    },
    // At night, on a machine without the config or with a full disk, it has to work too.
    needs: {
      ...needs,
      journal: forgivingJournal(needs.journal, (problem) => output.notice(problem)),
      cli: await cliWhereOpen(context),
      runProcess: doors.runProcess,
      redact,
      ...(isAsked
        ? {
            agreeToBuild: (question: string) => {
              output.close()
              return ask.confirm(question)
            },
          }
        : {}),
    },
  }
}

export function tellRollback(rollback: Rollback, context: Context): void {
  context.output.answer({ type: 'rollback', rollback, undo: undoOfRollback(rollback, context) })
}

/** Artisan is asked where that is possible; a rollback does without it. */
async function cliWhereOpen({ access, variables, machine }: Context): Promise<RailwayCli | undefined> {
  const { credential, standIn } = await access()
  try {
    return railwayCli({ credential, variables, standIn, execPath: machine.execPath }, 'ssh')
  } catch (error) {
    if (error instanceof OperatorError) return undefined
    throw error
  }
}

/** A variable of a script that is not set; the last known good would be another thing than what was meant. */
function nothingNamed(): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: 'Nothing stands behind --to, so where to go back to is not said. Nothing was touched.',
    hint: 'Name a commit, or leave --to out for the last known good.',
  })
}

/** The command that goes forward again, and what it leaves as it is. */
function undoOfRollback({ environment, wayForward, pinning, marked = [] }: Rollback, { options }: Context): Undo {
  const isPinned = pinning !== undefined && pinning.patchId !== null
  if (wayForward === null) {
    const [bad] = marked
    const notes = [
      ...(isPinned ? ["What was stored before stands in the platform's history of changes."] : []),
      ...(bad === undefined
        ? []
        : [
            `The mark goes when that commit is brought back on purpose: by rollback services --to ${shortCommit(bad)}, or by a deploy with --allow bad-release.`,
          ]),
    ]
    return {
      note: notes.length === 0 ? 'What served before serves now, so there is nothing to undo.' : notes.join(' '),
    }
  }
  const { way, commits, services = [], needsBuild = false } = wayForward
  const [commit] = commits
  if (way === 'none' || commit === undefined) {
    const before = commits.length === 0 ? 'no known commit' : listed(commits.map(shortCommit))
    return { note: `Services served ${before} before, so no one command brings that back.` }
  }
  const where = `-e ${shellWord(environment)}`
  if (way === 'deploy') {
    const allowed = marked.includes(commit) ? ['--allow bad-release'] : []
    const words = ['fakturino deploy', ...services.map(shellWord), where, codeOption(commit), ...allowed]
    return {
      command: followUp(words.join(' '), options),
      note: 'It builds that commit, because no image of it can be started. Stored variables and settings are used as they are, and migrations are not undone.',
    }
  }
  const only = services.map((name) => `--service ${shellWord(name)}`)
  const words = [
    'fakturino rollback services',
    `--to ${shellWord(commit)}`,
    ...only,
    ...(isPinned ? ['--pin-variables'] : []),
    ...(needsBuild ? ['--rebuild'] : []),
    where,
  ]
  return {
    command: followUp(words.join(' '), options),
    note: undoNote({ needsBuild, isPinned, isMarked: marked.length > 0 }),
  }
}

function undoNote({
  needsBuild,
  isPinned,
  isMarked,
}: {
  needsBuild: boolean
  isPinned: boolean
  isMarked: boolean
}): string {
  const act = needsBuild
    ? 'It builds again what served before, with the variables of then, since this token may not roll back.'
    : 'It starts the images of before again, with the variables they ran with.'
  const stored = isPinned
    ? 'Those are stored again where they are stored otherwise'
    : 'Stored variables stay as they are'
  return `${act} ${stored}, and migrations are not undone.${isMarked ? ' Where it succeeds, the mark goes.' : ''}`
}
