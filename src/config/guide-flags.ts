/** A flag of the guide, and the value that is tried elsewhere first. */
export interface GuideFlag {
  name: string
  variable: string
  riskyValue: string
}

const names = [
  'accounting_backbone',
  'migration_wizard',
  'psd2_banking',
  'partner_portal',
  'partner_mocked_data',
  'advanced_payments',
  'mcp_ai_tools',
  'monitoring',
] as const

/** While it is on partners see invented figures, so that switching it off is the risk. */
const safetyFlags: readonly string[] = ['partner_mocked_data']

/** The eight flags of the guide and their directions, so that a feature can be switched off where no config can be read. */
export const guideFlags: readonly GuideFlag[] = names.map((name) => ({
  name,
  variable: `FEATURE_${name.toUpperCase()}`,
  riskyValue: String(!safetyFlags.includes(name)),
}))

/** One flag has one spelling, however it is typed: `partner-portal`, `Partner_Portal` and its variable are `partner_portal`. */
export function flagName(typed: string): string {
  return typed
    .trim()
    .toLowerCase()
    .replaceAll('-', '_')
    .replace(/^feature_/, '')
}
