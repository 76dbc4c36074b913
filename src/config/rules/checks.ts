import { isOwnCheck } from '../own-checks.ts'
import { lookUp, type Rule } from '../rule.ts'
import { appsOf } from '../services.ts'

/** Checks, the staging checklist and schedules name services, checks and flags that are there. */
export const checks: Rule = (subject) => {
  const { config } = subject
  return [
    ...Object.entries(config.checks ?? {}).flatMap(([name, { service, flag }]) => [
      ...lookUp(subject, 'services', service, `checks.${name}.service`),
      ...(flag === undefined ? [] : lookUp(subject, 'flags', flag, `checks.${name}.flag`)),
    ]),
    ...Object.entries(config.validation ?? {}).flatMap(([name, { items }]) =>
      items.flatMap((item, index) =>
        typeof item === 'string' || isOwnCheck(item.check)
          ? []
          : lookUp(subject, 'checks', item.check, `validation.${name}.items.${index}.check`),
      ),
    ),
    ...appsOf(config).flatMap(([name, { schedule = [] }]) =>
      schedule.flatMap(({ flag }, index) =>
        flag === undefined ? [] : lookUp(subject, 'flags', flag, `services.${name}.schedule.${index}.flag`),
      ),
    ),
  ]
}
