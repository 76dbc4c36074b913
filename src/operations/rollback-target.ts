import type { DesiredState } from '../config/desired.ts'
import { nearestWords } from '../config/nearest.ts'
import { OperatorError } from '../kit/errors.ts'
import { shellWord } from '../kit/shell-word.ts'
import { listed, shortCommit } from '../kit/text.ts'
import { isUploaded } from '../kit/uploaded-revision.ts'
import { badCommits } from '../plan/bad-releases.ts'
import { operationNotes } from '../plan/operation-notes.ts'
import { lastThatRan } from '../plan/plan-deployments.ts'
import { codebaseOf } from '../plan/split-revisions.ts'
import type { DeploymentId } from '../platform/ids.ts'
import type { ObservedService, ObservedState, PastDeployment } from '../platform/observed-state.ts'
import { lastKnownGood, newestAfter, type PastRelease, releaseHistory } from './release-history.ts'
import { type RollbackStep, rollbackStep } from './rollback-steps.ts'

/** What is asked for: a commit, a part of one, or a deployment; nothing: the last known good release. */
export interface AskedRollback {
  to?: string
  /** None: every service of the codebase. */
  services: readonly string[]
  /** Deployments whose images cannot be started are built again. */
  mayBuild: boolean
}

/** Where to go back to. */
export interface RollbackTarget {
  release: PastRelease
  /** The services that go back. */
  services: ObservedService[]
  /** Only some of those that share the codebase. */
  isPart: boolean
  /** They were named: another codebase may have the same commit. */
  isNamed: boolean
  /** The commit that came last after it; absent where none did. */
  leftLast?: string
  /** The deployment that was asked for by its id. */
  exact?: DeploymentId
  /** It was agreed to build deployments again whose images cannot be started. */
  mayBuild: boolean
}

/** Decides where to go back to, by what the environment shows; refuses where nothing tells. */
export function rollbackTarget(
  asked: AskedRollback,
  state: ObservedState,
  past: readonly PastDeployment[],
  desired: DesiredState | undefined,
): RollbackTarget {
  const { releases: notes, operation } = operationNotes(state)
  const begun = asked.to === undefined && operation?.command === 'rollback' ? operation : undefined
  const here = state.services.map(({ name }) => name)
  const named =
    asked.services.length > 0 ? asked.services : (begun?.services ?? []).filter((name) => here.includes(name))
  const to = asked.to ?? begun?.commit
  refuseStrangers(named, state)
  const sharing = servicesOfCodebase(named, to, state, past, desired)
  const ran = sharing.filter(
    (service) => lastThatRan(service) !== undefined || past.some(({ serviceId }) => serviceId === service.id),
  )
  const releases = releaseHistory(ran, past, notes, badCommits(state))
  const services = named.length === 0 ? ran : ran.filter(({ name }) => named.includes(name))
  if (services.length === 0) throw nothingDeployed(state)
  const isPart = services.length < ran.length
  const { mayBuild } = asked
  const isNamed = named.length > 0
  if (to === undefined) {
    const serving = ran.flatMap((service) => lastThatRan(service)?.commit ?? [])
    const release = lastKnownGood(releases, new Set(serving))
    if (release === undefined) throw noEarlier(ran, state)
    return { release, services, isPart, isNamed, mayBuild, ...leftLast(releases, release) }
  }
  const exact = past.find(({ id }) => id === to)
  const found = releases.filter(({ commit }) => (exact === undefined ? isBegunBy(commit, to) : commit === exact.commit))
  const [release, other] = found
  if (release === undefined) throw notInHistory(to, state)
  if (other !== undefined) throw ambiguous(to, found)
  return {
    release,
    services,
    isPart,
    isNamed,
    mayBuild,
    ...leftLast(releases, release),
    ...(exact === undefined ? {} : { exact: exact.id }),
  }
}

function leftLast(releases: readonly PastRelease[], release: PastRelease): Pick<RollbackTarget, 'leftLast'> {
  const newest = newestAfter(releases, release)
  return newest === undefined ? {} : { leftLast: newest.commit }
}

/** The commits that services leave; where they have left already, what came last. Those are what `--mark-bad` is about. */
export function leftCommits({ release, leftLast }: RollbackTarget, steps: readonly RollbackStep[]): string[] {
  const served = steps.flatMap(({ from, way, observed: { latest } }) =>
    [from?.commit, way.kind === 'build' ? latest?.commit : undefined].flatMap((commit) => commit ?? []),
  )
  const left = [...new Set(served)].filter((commit) => commit !== release.commit)
  return left.length > 0 || leftLast === undefined ? left : [leftLast]
}

/** The step of each service, in what is there now. */
export function rollbackSteps(
  { release, services, exact, mayBuild }: RollbackTarget,
  state: ObservedState,
): RollbackStep[] {
  return services.map((service) =>
    rollbackStep(state.services.find(({ id }) => id === service.id) ?? service, release, exact, mayBuild),
  )
}

/** The services that can only go back by a build of what they ran then; none where that does not help all that cannot be rolled back. */
export function toBuild(steps: readonly RollbackStep[]): string[] {
  const stuck = steps.filter(({ way }) => way.kind === 'image-gone' || way.kind === 'never-deployed')
  const isHelped = stuck.every(({ way }) => way.kind === 'image-gone' && way.again !== undefined)
  return isHelped ? stuck.map(({ observed }) => observed.name) : []
}

/** Goes back to the same, and builds where it has to. */
export function rebuildCommand({ release, services, isNamed }: RollbackTarget, environment: string): string {
  const only = isNamed ? services.map(({ name }) => `--service ${shellWord(name)}`) : []
  const words = ['fakturino rollback services', `--to ${shellWord(release.commit)}`, ...only, '--rebuild']
  return [...words, `-e ${shellWord(environment)}`].join(' ')
}

/** All of them can go back, or none does: services of one codebase at different commits are nothing to be surprised by. */
export function refuseImpossible(steps: readonly RollbackStep[], target: RollbackTarget, environment: string): void {
  const { commit } = target.release
  const of = (...kinds: RollbackStep['way']['kind'][]) =>
    steps.filter(({ way }) => kinds.includes(way.kind)).map(({ observed }) => observed.name)
  const gone = of('image-gone')
  const never = of('never-deployed')
  if (gone.length + never.length === 0) return
  const why = [
    ...(gone.length === 0
      ? []
      : [`the platform does not keep the image of ${listed(gone)} at ${shortCommit(commit)} any more`]),
    ...(never.length === 0
      ? []
      : [`no deployment of ${listed(never)} at ${shortCommit(commit)} is among those that it lists`]),
  ]
  const others = of('image', 'follows', 'build', 'rebuild')
  const built = toBuild(steps)
  const where = shellWord(environment)
  const only = others.map((name) => `--service ${shellWord(name)}`)
  const command = ['fakturino rollback services', `--to ${shellWord(commit)}`, ...only, `-e ${where}`].join(' ')
  throw new OperatorError({
    kind: 'refused',
    code: 'image-gone',
    message: `${listed([...gone, ...never])} cannot be rolled back: ${why.join(', and ')}. Nothing was touched, so that services of one codebase do not part.`,
    hint: [
      ...(built.length === 0
        ? []
        : [
            `To build ${listed(built)} again from the source of then, with the settings and variables of then, run \`${rebuildCommand(target, environment)}\`.`,
          ]),
      isUploaded(commit)
        ? `To bring that code back, upload its directory: \`fakturino deploy -e ${where} --upload DIR\`.`
        : `To bring that commit back with a build, which takes longer and uses the variables that are stored now, run \`fakturino deploy -e ${where} --commit ${shellWord(commit)}\`.`,
      ...(others.length === 0 ? [] : [`To roll back only ${listed(others)}, run \`${command}\`.`]),
    ].join(' '),
  })
}

function isBegunBy(commit: string, text: string): boolean {
  const digest = /^upload[ -]([0-9a-f]{7,64})$/i.exec(text)?.[1]
  if (digest !== undefined) return commit.startsWith(`upload-${digest.toLowerCase()}`)
  return /^[0-9a-f]{7,40}$/i.test(text) ? commit.startsWith(text.toLowerCase()) : commit === text
}

/** The services among which nobody has to choose: those of the named ones' codebase, of what was asked for, or of the only one. */
function servicesOfCodebase(
  named: readonly string[],
  to: string | undefined,
  state: ObservedState,
  past: readonly PastDeployment[],
  desired: DesiredState | undefined,
): ObservedService[] {
  const codebases = new Map<string, ObservedService[]>()
  for (const service of state.services) {
    const codebase = codebaseOf(service, desired)
    if (codebase !== undefined) codebases.set(codebase, [...(codebases.get(codebase) ?? []), service])
  }
  const image = named.find((name) => ![...codebases.values()].flat().some((service) => service.name === name))
  if (image !== undefined) {
    throw new OperatorError({
      kind: 'usage',
      code: 'invalid-option',
      message: `${image} runs an image and no commit, and rollback goes by commits.`,
      hint: 'Name services whose code comes from a repository.',
    })
  }
  const isAskedFor = ({ id, name }: ObservedService) =>
    named.length > 0
      ? named.includes(name)
      : to === undefined ||
        past.some(
          ({ serviceId, id: deployment, commit }) =>
            serviceId === id && (deployment === to || (commit !== undefined && isBegunBy(commit, to))),
        )
  const chosen = [...codebases].filter(([, services]) => services.some(isAskedFor))
  const [first, second] = chosen
  if (first === undefined) throw to === undefined ? nothingDeployed(state) : notInHistory(to, state)
  if (second === undefined) return first[1]
  throw new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `That is about several codebases (${listed(chosen.map(([codebase]) => codebase))}), and one is rolled back at a time.`,
    hint: `Name services of one of them: ${listed(
      chosen.map(([, services]) => services.map(({ name }) => `--service ${name}`).join(' ')),
      'or',
    )}.`,
  })
}

function refuseStrangers(named: readonly string[], { services, environment }: ObservedState): void {
  const known = services.map(({ name }) => name)
  const stranger = named.find((name) => !known.includes(name))
  if (stranger === undefined) return
  throw new OperatorError({
    kind: 'usage',
    code: 'unknown-service',
    message: `Environment ${environment.name} has no service ${stranger}${nearestWords(stranger, known)}.`,
    hint: 'Name services as status shows them, or none for all of the codebase.',
  })
}

function nothingDeployed({ environment: { name } }: ObservedState): OperatorError {
  return new OperatorError({
    kind: 'failed',
    code: 'nothing-active',
    message: `No code from a repository was ever deployed to ${name}, so there is nothing to roll back.`,
    hint: `Run: fakturino status -e ${shellWord(name)}`,
  })
}

function noEarlier(services: readonly ObservedService[], { environment: { name } }: ObservedState): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'no-earlier-release',
    message: `No earlier commit is known at which all of ${listed(services.map((service) => service.name))} were live in ${name}. Nothing was touched.`,
    hint: `To see what was deployed there, run \`fakturino history -e ${shellWord(name)}\`. To build an earlier commit, run \`fakturino deploy -e ${shellWord(name)} --commit SHA\`.`,
  })
}

function notInHistory(to: string, { environment: { name } }: ObservedState): OperatorError {
  const isCommit = /^[0-9a-f]{40}$/i.test(to)
  return new OperatorError({
    kind: 'refused',
    code: 'no-earlier-release',
    message: `Nothing of ${to} is among the deployments that the platform lists for ${name}, so there is no image to go back to. Nothing was touched.`,
    hint: isCommit
      ? `To build that commit instead, run: fakturino deploy -e ${shellWord(name)} --commit ${to}`
      : `To see what was deployed there, run: fakturino history -e ${shellWord(name)}`,
  })
}

function ambiguous(to: string, found: readonly PastRelease[]): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `--to ${to} is the beginning of several commits: ${listed(found.map(({ commit }) => commit))}.`,
    hint: 'Write more of it.',
  })
}
