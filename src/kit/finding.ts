/** `critical` stops or fails what is being done; `advisory` is said and goes on. */
export type Severity = 'critical' | 'advisory'

/** What any rule, guard or check reports. Codes are stable, words are not. */
export interface Finding {
  /** Kebab-case and stable. */
  code: string
  severity: Severity
  /** What it is about: a path in the config (`services.api.healthcheck.path`), a service, a variable. */
  subject: string
  /** What is wrong and why it matters, in one or two sentences. */
  message: string
  /** The measured facts behind it, never a secret. */
  evidence?: Record<string, string | number | boolean | null>
  /** What to do about it: the exact change or command. */
  fix?: string
}
