import { isRecord } from '../kit/json.ts'

/** The value as a JSON object; an empty one when it is none. */
export function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}
