import { printable } from '../kit/text.ts'
import type { Answer } from './answers.ts'
import { renderCheck } from './human/check.ts'
import {
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
import { renderHistory } from './human/history.ts'
import { renderIdentity } from './human/identity.ts'
import { renderOperation } from './human/operation.ts'
import { paragraph } from './human/paragraph.ts'
import { renderPlan } from './human/plan.ts'
import { renderStatus } from './human/status.ts'
import { renderTarget } from './human/target.ts'
import type { Output } from './output.ts'
import { createProgress } from './progress.ts'
import { createStyle } from './style.ts'
import type { Terminal } from './terminal.ts'

/** How much is told. */
export interface Loudness {
  isVerbose: boolean
  /** Answers and failures only. */
  isQuiet: boolean
}

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
      terminal.out(renderAnswer(answer))
    },
    failure(failure) {
      progress.stop()
      terminal.err(renderFailure(failure, { style: errStyle, columns: terminal.errColumns() }))
    },
    notice(text) {
      if (!isQuiet) progress.print(paragraph(printable(text), terminal.errColumns(), `${errStyle.sign.caution} `, 2))
    },
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
        return [
          renderStatus(answer.status, { ...layout, isRehearsal: answer.isRehearsal }),
          renderOperation(answer.operation, layout),
        ].join('')
      case 'check':
        return renderCheck(answer.check, answer, layout)
      case 'history':
        return renderHistory(answer, layout)
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
