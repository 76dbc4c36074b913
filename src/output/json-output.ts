import { printable, printableJson } from '../kit/text.ts'
import type { ToldLog } from '../logs/reading.ts'
import type { OperationEvent } from '../operations/events.ts'
import type { Release } from '../operations/release.ts'
import type { ArtisanRun } from '../operations/run-artisan.ts'
import type { Plan } from '../plan/plan.ts'
import type { Identity } from '../platform/platform.ts'
import type { Answer, ToldFailure, ToldMigrations } from './answers.ts'
import type { Output } from './output.ts'
import type { Terminal } from './terminal.ts'

interface Document {
  type: string
  [key: string]: unknown
}

/** One object a line on stdout; the first has `format`, the last is the answer or the failure. When quiet, it is the only one. */
export function createJsonOutput(terminal: Terminal, { isQuiet }: { isQuiet: boolean }): Output {
  let isFirst = true
  const tell = (document: Document) => {
    const { type, ...rest } = document
    terminal.out(`${printableJson(isFirst ? { type, format: 1, ...rest } : document)}\n`)
    isFirst = false
  }
  return {
    event: (event) => {
      if (!isQuiet) tell(eventDocument(event))
    },
    answer: (answer) => tell(answerDocument(answer)),
    failure: (failure) => tell(failureDocument(failure)),
    notice: (text) => {
      if (!isQuiet) terminal.err(`${printable(text)}\n`)
    },
    print: ({ stream, text }) => {
      tell({ type: 'printed', stream, text })
      return terminal.outTaken()
    },
    log: () => ({
      tell: (told) => {
        for (const one of told) tell(logDocument(one))
      },
      taken: () => terminal.outTaken(),
      gone: terminal.outGone,
    }),
    gone: terminal.outGone,
    close: () => {},
  }
}

function eventDocument(event: OperationEvent): Document {
  if (event.type !== 'plan-made') return event
  const { sameAs } = event
  return { type: 'plan-made', ...planDocument(event.plan), ...(sameAs === undefined ? {} : { sameAs }) }
}

/** Every object of a log has every key. */
function logDocument(told: ToldLog): Document {
  if (told.kind === 'gap') return { type: 'log-gap', ...told.gap }
  const { time, service, deploymentId, instanceId, level, message, fields, thrown = null, request = null } = told.entry
  return { type: 'log', time, service, deploymentId, instanceId, level, message, fields, thrown, request }
}

/** The answer as a document; its shapes are the public contract of `--json`. */
function answerDocument(answer: Answer): Document {
  switch (answer.type) {
    case 'plan':
      return {
        type: 'plan',
        rehearsal: answer.isRehearsal,
        protected: answer.isProtected,
        ...planDocument(answer.plan),
        ...(answer.saved === undefined ? {} : { saved: answer.saved }),
        ...(answer.secondWays === undefined ? {} : { secondWays: answer.secondWays }),
        ...(answer.operation === undefined ? {} : { operation: answer.operation }),
      }
    case 'status':
      return {
        type: 'status',
        rehearsal: answer.isRehearsal,
        ...answer.status,
        ...(answer.operation === undefined ? {} : { operation: answer.operation }),
      }
    case 'check':
      return { type: 'check', rehearsal: answer.isRehearsal, ...answer.check }
    case 'history': {
      const { project, environment, operations, items, completeSince } = answer
      const patches = answer.isDenied ? 'denied' : 'read'
      const rehearsal = answer.isRehearsal
      return { type: 'history', rehearsal, project, environment, operations, items, patches, completeSince }
    }
    case 'logs':
      return { type: 'answer', command: 'logs', lines: answer.lines, gaps: answer.gaps }
    case 'log-errors': {
      const { project, environment, since, until, lines, gaps, errors } = answer
      const read = { rehearsal: answer.isRehearsal, project, environment, since, until, lines, gaps }
      return { type: 'answer', command: 'logs', ...read, errors }
    }
    case 'whoami':
      return {
        type: 'whoami',
        ...identityDocument(answer.identity),
        endpoint: answer.endpoint,
        rehearsal: answer.isRehearsal,
      }
    case 'init':
      return {
        type: 'answer',
        command: 'init',
        ...answer.setUp,
        config: answer.config,
        releases: answer.releases.map(({ release, undo }) => ({ ...releaseDocument(release), undo })),
        next: answer.next,
      }
    case 'deploy':
      return {
        type: 'answer',
        command: 'deploy',
        ...releaseDocument(answer.release),
        undo: answer.undo,
        ...(answer.next === undefined ? {} : { next: answer.next }),
      }
    case 'restart':
      return { type: 'answer', command: 'restart', ...answer.restart }
    case 'artisan':
      return { type: 'answer', command: 'artisan', rehearsal: answer.isRehearsal, ...artisanDocument(answer.artisan) }
    case 'rollback': {
      const { wayForward: _wayForward, ...rollback } = answer.rollback
      return { type: 'answer', command: 'rollback', ...rollback, undo: answer.undo }
    }
    case 'migrate':
      return {
        type: 'answer',
        command: 'migrate',
        act: answer.act,
        rehearsal: answer.isRehearsal,
        ...migrationsDocument(answer),
      }
    case 'rollback-left':
      return { type: 'answer', command: 'rollback', hurts: answer.hurts, next: [answer.next] }
    case 'flags': {
      const { environments, isRehearsal, next } = answer
      return { type: 'flags', rehearsal: isRehearsal, environments, next: next === null ? [] : [next] }
    }
    case 'flag':
      return { type: 'flag', rehearsal: answer.isRehearsal, ...answer.shown, next: [answer.next] }
    case 'flags-set':
      return { type: 'answer', command: 'flags', act: 'set', ...answer.rolledOut, undo: answer.undo }
    case 'validation': {
      const { validation, isRehearsal, file = null, next } = answer
      const { evidence, items, ...rest } = validation
      const automatic = items.filter(({ isAutomatic }) => isAutomatic).length
      const told = {
        rehearsal: isRehearsal,
        dryRun: evidence === null,
        ...rest,
        automatic,
        items,
        evidence,
        file,
        next: [next],
      }
      return { type: 'answer', command: 'flags', act: 'validate', ...told }
    }
    case 'flag-off':
      return { type: 'answer', command: 'flags', act: 'off', ...answer.off, undo: answer.undo }
    case 'rehearsal-up':
      return { type: 'rehearsal', ...answer.rehearsal }
    case 'rehearsal-down':
      return { type: 'rehearsal', running: false, wasRunning: answer.wasRunning }
    case 'rehearsal':
      return { type: 'answer', command: 'rehearse', ...answer.report }
  }
}

function migrationsDocument(told: ToldMigrations) {
  switch (told.act) {
    case 'status':
      return told.status
    case 'plan':
      return told.plan
    case 'up':
      return { ...told.up, ...(told.undo === undefined ? {} : { undo: told.undo }) }
    case 'rollback':
      return { ...told.rollback, ...(told.undo === undefined ? {} : { undo: told.undo }) }
  }
}

/** Every kind of token has every key: null where the platform does not tell, or where there is none. */
function identityDocument(identity: Identity) {
  const { kind } = identity
  return kind === 'project'
    ? { kind, name: identity.name, workspaces: null, project: identity.project, environment: identity.environment }
    : {
        kind,
        name: kind === 'account' ? (identity.name ?? null) : null,
        workspaces: identity.workspaces,
        project: null,
        environment: null,
      }
}

/** `command` says which of ours it was; artisan's own is another word. */
function artisanDocument({ command, ...run }: ArtisanRun) {
  return { artisanCommand: command, ...run }
}

/** Whether images are kept is told by the undo. */
function releaseDocument({ previousIsKept: _previousIsKept, ...release }: Release) {
  return release
}

function planDocument(plan: Plan) {
  return {
    project: plan.project,
    environment: plan.environment,
    changes: plan.changes.map(({ act: _act, ...change }) => change),
    deployments: plan.deployments,
    notes: plan.notes,
    pending: plan.pending,
    fingerprint: plan.fingerprint,
  }
}

function failureDocument({ error, exitCode }: ToldFailure): Document {
  return {
    type: 'failure',
    kind: error.kind,
    code: error.code,
    message: error.message,
    hint: error.hint ?? null,
    exitCode,
    retryable: error.retryable,
    ...(error.findings.length === 0 ? {} : { findings: error.findings }),
  }
}
