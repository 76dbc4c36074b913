/**
 * What `check` asks of every environment without the config naming it, as far as it proves an item of the staging checklist. A check of
 * the config with the same name counts instead.
 */
export const ownChecks = ['runs', 'alive', 'queues-consumed', 'scheduler-looks', 'one-revision', 'liveness'] as const

export type OwnCheck = (typeof ownChecks)[number]

export function isOwnCheck(name: string): name is OwnCheck {
  return ownChecks.some((own) => own === name)
}
