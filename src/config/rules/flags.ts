import type { Finding } from '../../kit/finding.ts'
import { critical } from '../config-finding.ts'
import type { FlagConfig } from '../fakturino-config.ts'
import { lookUp, type Rule, type Subject, unknownName } from '../rule.ts'
import { appsOf } from '../services.ts'

/** Everything that a flag names is there, and its variable is its own. */
export const flags: Rule = (subject) =>
  Object.entries(subject.config.flags ?? {}).flatMap(([name, flag]) => [
    ...readers(subject, `flags.${name}`, flag),
    ...sections(subject, `flags.${name}.sections`, flag),
    ...requirements(subject, `flags.${name}.requires`, flag),
    ...variable(subject, name, flag),
  ])

function readers(subject: Subject, at: string, { services, effect }: FlagConfig): Finding[] {
  return [
    ...services.flatMap((service) => lookUp(subject, 'services', service, `${at}.services`)),
    ...(effect === undefined ? [] : lookUp(subject, 'services', effect.service, `${at}.effect.service`)),
  ]
}

function sections(subject: Subject, at: string, flag: FlagConfig): Finding[] {
  return flag.sections === 'every' ? [] : flag.sections.flatMap((section) => lookUp(subject, 'validation', section, at))
}

function requirements(subject: Subject, at: string, { requires = {} }: FlagConfig): Finding[] {
  const consumed = appsOf(subject.config).flatMap(([, app]) => app.queues ?? [])
  const unconsumed = subject.isLeftOut('services')
    ? []
    : (requires.queues ?? []).filter((queue) => !consumed.includes(queue))
  return [
    ...(requires.services ?? []).flatMap((service) => lookUp(subject, 'services', service, `${at}.services`)),
    ...(requires.secrets ?? []).flatMap((secret) => lookUp(subject, 'secrets', secret, `${at}.secrets`)),
    ...unconsumed.map((queue) => unknownName('unknown-queue', 'consumed queue', queue, `${at}.queues`, consumed)),
  ]
}

function variable({ config }: Subject, name: string, flag: FlagConfig): Finding[] {
  const [first] = Object.entries(config.flags ?? {}).find(([, other]) => other.variable === flag.variable) ?? [name]
  const twice =
    first === name
      ? []
      : [
          critical('variable-of-two-flags', {
            at: `flags.${name}.variable`,
            says: `'${flag.variable}' is also the variable of the flag '${first}'`,
          }),
        ]
  const written = Object.entries(config.services)
    .filter(([, { variables = {} }]) => Object.hasOwn(variables, flag.variable))
    .map(([service]) =>
      critical('flag-as-variable', {
        at: `services.${service}.variables.${flag.variable}`,
        says: `belongs to the flag '${name}' and never counts: the flag's default is written, and an existing value is left alone`,
        fix: 'remove the variable, and keep the flag',
      }),
    )
  return [...twice, ...written]
}
