import type { DesiredState } from '../config/desired.ts'
import { count, listed } from '../kit/text.ts'
import { hold, type JsonObject, list, type Step } from './tour.ts'

/** What runs is asked whether it works, and the answers are judged; a config may say less, and then less is asked. */
export function checkStep(desired: readonly DesiredState[]): Step {
  return {
    name: 'check',
    title: 'Ask whether it works',
    async act(run) {
      const proved: string[] = []
      for (const { environment } of desired) {
        const [answer] = await run(['check', '-e', environment.name])
        const checks = list(answer, 'checks')
        const passed = checks.filter(({ outcome }) => outcome === 'pass').length
        const skipped = checks.filter(({ outcome }) => outcome === 'skipped').length
        hold(answer?.verdict === 'pass' && passed > 0, `${environment.name} is not judged well`)
        const others = skipped === 0 ? '' : `, ${skipped} do not apply`
        proved.push(`${environment.name}: ${count(passed, 'check')} passed${others}.`)
      }
      return proved
    },
  }
}

/** After the misfortunes: what services said about them, counted, and one timeline of what was done. */
export function lookBackStep({ environment: { name } }: DesiredState, outcomes: readonly string[]): Step {
  return {
    name: 'look-back',
    title: 'Read what went wrong',
    async act(run) {
      const answer = (await run(['logs', '-e', name, '--errors', '--since', '1h'])).at(-1)
      const errors = list(answer, 'errors')
      hold(errors.length > 0, 'the crashes are not among the errors that were logged')
      hold(answer?.gaps === 0, 'lines of the log are missing')
      const [history] = await run(['history', '-e', name, '--since', '1h'])
      const ours = list(history, 'items').filter(({ kind }) => kind === 'operation')
      const ended = new Set(ours.map(({ outcome }) => outcome))
      const untold = outcomes.filter((outcome) => !ended.has(outcome))
      hold(untold.length === 0, `no operation is told as ${listed(untold, 'or')}`)
      const times = errors.reduce((sum, error) => sum + amount(error), 0)
      return [
        `${count(errors.length, 'kind')} of errors, logged ${count(times, 'time')}; ${count(ours.length, 'operation')} in one timeline, with how each ended.`,
      ]
    },
  }
}

function amount({ count: times }: JsonObject): number {
  return typeof times === 'number' ? times : 0
}
