import { printable } from '../kit/text.ts'
import type { Answer, ToldMigrations } from './answers.ts'
import { renderCheck } from './human/check.ts'
import {
  renderArtisan,
  renderNext,
  renderRehearsal,
  renderRehearsalUp,
  renderRelease,
  renderRestart,
  renderSaved,
  renderSetUp,
} from './human/endings.ts'
import { renderEvent } from './human/events.ts'
import { renderFailure } from './human/failure.ts'
import { renderFlag, renderFlags } from './human/flag-states.ts'
import { renderFlagOff, renderRolledOut } from './human/flags.ts'
import { renderHistory } from './human/history.ts'
import { historyMarkdown } from './human/history-markdown.ts'
import { renderIdentity } from './human/identity.ts'
import { renderLogErrors } from './human/log-errors.ts'
import { createLogLines } from './human/log-lines.ts'
import { renderMigrateRollback, renderMigrateUp, renderMigrationPlan, renderMigrationStatus } from './human/migrate.ts'
import { renderOperation } from './human/operation.ts'
import { paragraph } from './human/paragraph.ts'
import { renderPlan } from './human/plan.ts'
import { renderRollback, renderRollbackLeft } from './human/rollback.ts'
import { renderStatus } from './human/status.ts'
import { renderTarget } from './human/target.ts'
import { renderValidation } from './human/validation.ts'
import type { Output } from './output.ts'
import { createProgress } from './progress.ts'
import { createStyle, type Style } from './style.ts'
import type { Terminal } from './terminal.ts'

/** How much is told. */
export interface Loudness {
  isVerbose: boolean
  /** Answers and failures only. */
  isQuiet: boolean
}

/** One of the four that `migrate` ends with. */
function renderMigrations(told: ToldMigrations, layout: { style: Style; columns: number }): string {
  switch (told.act) {
    case 'status':
      return renderMigrationStatus(told.status, layout)
    case 'plan':
      return renderMigrationPlan(told.plan, layout)
    case 'up':
      return renderMigrateUp(told.up, told.undo, layout)
    case 'rollback':
      return renderMigrateRollback(told.rollback, told.undo, layout)
  }
}

/** The cursor at the top of an empty screen; what was scrolled off stays. */
const clearedScreen = '\u001b[H\u001b[2J'

/** For people: answers on stdout, progress and failures on stderr. */
export function createHumanOutput(terminal: Terminal, { isVerbose, isQuiet }: Loudness): Output {
  const outStyle = createStyle(terminal.outColor)
  const errStyle = createStyle(terminal.errColor)
  const progress = createProgress(terminal, errStyle.quiet)
  return {
    event(event) {
      if (isQuiet) return
      const told = renderEvent(event, { style: errStyle, columns: terminal.errColumns(), isVerbose })
      if (told.line !== undefined) progress.print(told.line)
      if (told.progress !== undefined) progress.show(printable(told.progress))
    },
    answer(answer) {
      progress.stop()
      const text = renderAnswer(answer)
      // A look that follows another takes its place.
      const isWatched = answer.type === 'status' && answer.watch !== undefined
      if (text !== '') terminal.out(`${isWatched && terminal.isScreen ? clearedScreen : ''}${text}`)
    },
    failure(failure) {
      progress.stop()
      terminal.err(renderFailure(failure, { style: errStyle, columns: terminal.errColumns() }))
    },
    notice(text) {
      if (!isQuiet) progress.print(paragraph(printable(text), terminal.errColumns(), `${errStyle.sign.caution} `, 2))
    },
    print({ stream, text }) {
      progress.stop()
      if (stream === 'stderr') {
        terminal.err(`${text}\n`)
        return Promise.resolve()
      }
      terminal.out(`${text}\n`)
      return terminal.outTaken()
    },
    log(of) {
      progress.stop()
      if (!isQuiet) terminal.err(`${renderTarget(of, { style: errStyle, columns: terminal.errColumns() })}\n`)
      const lines = createLogLines({ style: outStyle, width: terminal.outWidth, services: of.services })
      return {
        tell: (told) => {
          if (told.length > 0) terminal.out(told.map((one) => lines.render(one)).join(''))
        },
        taken: () => terminal.outTaken(),
        gone: terminal.outGone,
      }
    },
    gone: terminal.outGone,
    close: () => progress.stop(),
  }

  function renderAnswer(answer: Answer): string {
    const layout = { style: outStyle, columns: terminal.outColumns() }
    switch (answer.type) {
      case 'plan':
        return [
          `${renderTarget({ ...answer, ...answer.plan }, layout)}\n\n`,
          renderPlan(answer.plan, { ...layout, isVerbose }),
          renderOperation(answer.operation, layout),
          renderSaved(answer.saved, layout),
        ].join('')
      case 'status':
        return renderStatus(answer.status, { ...layout, ...answer })
      case 'check':
        return renderCheck(answer.check, answer, layout)
      case 'history':
        return answer.isMarkdown ? historyMarkdown(answer) : renderHistory(answer, layout)
      case 'logs':
        return ''
      case 'log-errors':
        return renderLogErrors(answer, layout)
      case 'whoami':
        return renderIdentity(answer, layout)
      case 'init':
        return [
          renderSetUp(answer.setUp, answer.releases.length > 0, layout),
          ...answer.releases.map(({ release, undo }) => renderRelease(release, undo, layout)),
          renderNext(answer.next, outStyle),
        ].join('')
      case 'deploy':
        return `${renderRelease(answer.release, answer.undo, layout)}${renderNext(answer.next ?? [], outStyle)}`
      case 'restart':
        return renderRestart(answer.restart, layout)
      case 'artisan':
        return renderArtisan(answer.artisan, layout)
      case 'rollback':
        return renderRollback(answer.rollback, answer.undo, layout)
      case 'migrate':
        return renderMigrations(answer, layout)
      case 'rollback-left':
        return renderRollbackLeft(answer.hurts, answer.next, layout)
      case 'flags':
        return renderFlags(answer, layout)
      case 'flag':
        return renderFlag(answer, layout)
      case 'flags-set':
        return renderRolledOut(answer.rolledOut, answer.undo, layout)
      case 'validation':
        return renderValidation(answer.validation, answer, layout)
      case 'flag-off':
        return renderFlagOff(answer.off, answer.undo, layout)
      case 'rehearsal-up':
        return renderRehearsalUp(answer.rehearsal, layout)
      case 'rehearsal-down':
        return answer.wasRunning
          ? `${outStyle.sign.good} The rehearsal platform is down.\n`
          : 'No rehearsal platform was running.\n'
      case 'rehearsal':
        return renderRehearsal(answer.report, layout)
    }
  }
}
