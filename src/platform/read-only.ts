import { OperatorError } from '../kit/errors.ts'
import { count, printable } from '../kit/text.ts'
import type { ChangeName, Changes, Platform } from './platform.ts'

/** The same platform, with its only writing shut: what a dry run is given. */
export function readOnly(platform: Platform): Platform {
  return { ...platform, change: refuse }
}

function refuse<Name extends ChangeName>(name: Name, input: Changes[Name]['input']): Promise<never> {
  return Promise.reject(
    new OperatorError({
      kind: 'refused',
      code: 'declined',
      message: `This is a dry run, which changes nothing. It would have ${deeds[name](input)}.`,
      hint: 'Run the same command without --dry-run to do it.',
    }),
  )
}

/** After "it would have". Names only: inputs hold secrets. */
const deeds: { [Name in ChangeName]: (input: Changes[Name]['input']) => string } = {
  'create-project': ({ name }) => `created the project ${printable(name)}`,
  'create-environment': ({ name }) => `created the environment ${printable(name)}`,
  'create-service': ({ name }) => `created the service ${printable(name)}`,
  'create-volume': ({ mountPath }) => `created a volume at ${printable(mountPath)}`,
  'create-backup': ({ name }) => `asked for the backup ${printable(name)}`,
  'create-domain': ({ custom }) => `created ${custom === undefined ? 'a domain' : `the domain ${printable(custom)}`}`,
  'stage-changes': () => 'staged changes',
  'replace-staged': () => 'replaced what is staged',
  'commit-staged': () => 'committed what is staged',
  'commit-changes': () => 'committed changes, and deployed what they touch',
  'store-variables': ({ services }) => `stored variables of ${count(services.length, 'service')}`,
  'store-settings': ({ services }) => `stored settings of ${count(services.length, 'service')}`,
  'follow-branches': ({ services }) => `made ${count(services.length, 'service')} follow a branch`,
  'set-auto-deploy': ({ services }) => `switched auto-deploy of ${count(services.length, 'service')}`,
  'deploy-service': ({ commit }) =>
    `deployed a service${commit === undefined ? '' : ` at commit ${printable(commit)}`}`,
  'deploy-latest-commit': () => "deployed the branch's newest commit",
  'write-shared-variables': () => 'written what fakturino keeps for others',
  'rollback-deployment': ({ service }) => `rolled ${printable(service)} back`,
  'redeploy-deployment': ({ service }) => `built ${printable(service)} again as an earlier deployment had it`,
  'restart-deployment': ({ service }) => `restarted ${printable(service)}`,
}
