import type { DesiredState } from '../config/desired.ts'
import type { RolloutFlag } from '../config/rollout.ts'
import { count, listed } from '../kit/text.ts'
import { hold, type JsonObject, list, type Run, type Step } from './tour.ts'

export interface FlagTourNeeds {
  /** People ask that service, so many times a second; 0: nobody any more. */
  visit(environment: string, service: string, perSecond: number): void
  /** Its health fails from a while after its containers started, as long as the variable is `true` in them; false: it is well. */
  sickenWhile(environment: string, service: string, variable: string, isSick: boolean): void
}

/** Long enough for a rehearsal's minimum of samples. */
const soak = ['--soak', '7s']
const visitorsPerSecond = 8

/**
 * The guide's way to enable a feature, as commands: refused where it was not tried, tried where it is cheap, accepted, watched; and a
 * second one that makes the health check fail, which takes itself back. Nothing where no environment validates another.
 */
export function flagSteps(desired: readonly DesiredState[], needs: FlagTourNeeds): Step[] {
  const [good, bad] = flagsToTry(desired)
  const first = desired.find(({ environment }) => environment.validates !== undefined)
  const second = desired.find(({ environment }) => environment.name === first?.environment.validates)
  const asked = second?.services.find(({ liveness, domain }) => liveness !== undefined && domain !== undefined)?.name
  if (good === undefined || first === undefined || second === undefined || asked === undefined) return []
  const [there, here] = [first.environment.name, second.environment.name]
  const holding: Step = {
    name: 'flag',
    title: `Switch ${good.name} on in ${here}: refused, tried in ${there}, accepted, watched`,
    async act(run) {
      needs.visit(here, asked, visitorsPerSecond)
      const refusal = (await run(['flags', 'on', good.name, '-e', here, '--yes'], 5)).at(-1)
      hold(refusal?.code === 'evidence-missing', `${here} refused it because of ${String(refusal?.code)}`)
      await sameRevision(there, here, run)
      const [listing] = (await run(['flags', 'validate', good.name, '-e', there, '--dry-run'])).slice(-1)
      const items = list(listing, 'items')
      const manual = items.filter(({ isAutomatic }) => isAutomatic !== true).map(({ id }) => String(id))
      const confirmed = manual.flatMap((id) => ['--confirm', id])
      await run(['flags', 'validate', good.name, '-e', there, '--yes', '--by', 'rehearsal', ...confirmed])
      const [answer] = (await run(['flags', 'on', good.name, '-e', here, '--yes', ...soak])).slice(-1)
      hold(answer?.verdict === 'pass', `${good.name} did not hold`)
      await holdStored(good, 'true', here, run)
      return [
        `${here} refused ${good.name} until ${there} had validated it: ${count(items.length, 'item')}, ${items.length - manual.length} of them by checks.`,
        `Then it was stored for ${listed(good.services)} by one patch, watched, and held.`,
      ]
    },
  }
  if (bad === undefined) return [holding]
  const failing: Step = {
    name: 'bad-flag',
    title: `Switch ${bad.name} on in ${here}, which makes the health check of ${asked} fail`,
    async act(run) {
      needs.sickenWhile(here, asked, bad.variable, true)
      const why = ['--override-evidence', '--reason', 'a rehearsal of a flag that does not hold']
      const events = await run(['flags', 'on', bad.name, '-e', here, '--yes', ...soak, ...why], 3)
      const reverted = events.find(({ type }) => type === 'flags-reverted')
      hold(reverted !== undefined, 'it was not taken back')
      const elapsedMs = Number(reverted?.elapsedMs)
      hold(elapsedMs <= 60_000, 'it took longer than 60 s from the first bad sample until everything was as before')
      await holdStored(bad, 'false', here, run)
      const [check] = await run(['check', '-e', here])
      hold(check?.verdict !== 'fail', `${here} is not green again`)
      needs.sickenWhile(here, asked, bad.variable, false)
      needs.visit(here, asked, 0)
      return [
        `It was taken back by itself, ${(elapsedMs / 1000).toFixed(1)} s after the first bad sample, ${wayOf(reverted)}; ${here} is green again.`,
      ]
    },
  }
  return [holding, failing]
}

/** One that shows from outside and needs nothing else, and another one, both off. */
function flagsToTry([first]: readonly DesiredState[]): RolloutFlag[] {
  const free = (first?.rollout.flags ?? []).filter(
    ({ requires, isSafety, default: standard }) =>
      !isSafety && standard === 'false' && [...requires.services, ...requires.secrets].length === 0,
  )
  const shown = free.find(({ effect }) => effect !== undefined) ?? free[0]
  const other = free.find((flag) => flag !== shown && flag.requires.queues.length === 0)
  return [shown, other].filter((flag) => flag !== undefined)
}

/** Evidence is good for the revision that was tried. */
async function sameRevision(there: string, here: string, run: Run): Promise<void> {
  const [status] = await run(['status', '-e', there])
  const [commit] = list(status, 'services').flatMap(({ revision }) =>
    typeof revision === 'string' && /^[0-9a-f]{40}$/.test(revision) ? [revision] : [],
  )
  hold(commit !== undefined, `${there} serves no commit`)
  await run(['deploy', '-e', here, '--commit', String(commit), '--yes'])
}

async function holdStored(flag: RolloutFlag, value: string, environment: string, run: Run): Promise<void> {
  const [told] = await run(['flags', 'list', '-e', environment])
  const [place] = list(told, 'environments')
  const found = list(place, 'flags').find((one) => one.flag === flag.name)
  const services = list(found, 'services')
  hold(
    services.length === flag.services.length && services.every((one) => one.stored === value && one.running === value),
    `${flag.name} is not ${value} everywhere in ${environment}, stored and running`,
  )
}

function wayOf(reverted: JsonObject | undefined): string {
  return reverted?.by === 'images' ? 'from kept images' : 'by new deployments'
}
