import * as v from 'valibot'
import { isRecord } from '../kit/json.ts'
import type { FakturinoConfig } from './fakturino-config.ts'
import type { Subject } from './rule.ts'
import { configSchema } from './schema.ts'
import { pathOf } from './shape-finding.ts'

const empty: FakturinoConfig = {
  project: { name: 'unreadable' },
  repository: 'unreadable/unreadable',
  databaseEngine: 'postgres',
  environments: {},
  services: {},
}

/**
 * What is left of a config when everything of a wrong shape is taken out, so that rules can judge the rest and one mistake does
 * not hide the others.
 */
export function readablePart(value: unknown): Subject {
  let part = copy(value)
  const leftOut: string[] = []
  // Each round takes out at least one level above what it took out before, and no config is deeper than this.
  for (let round = 0; round < 10; round++) {
    const result = v.safeParse(configSchema, part)
    if (result.success) return subject(result.output, leftOut)
    if (!isRecord(part)) break
    const takenNow: string[] = []
    for (const issue of result.issues) {
      const path = pathOf(issue)
      if (!isWithin(path.join('.'), takenNow)) takenNow.push(takeOut(part, path))
    }
    leftOut.push(...takenNow)
    part = { ...empty, ...part }
  }
  return subject(empty, [...leftOut, ''])
}

function subject(config: FakturinoConfig, leftOut: string[]): Subject {
  return {
    config,
    isLeftOut: (path) => isWithin(path, leftOut),
  }
}

function isWithin(path: string, taken: string[]): boolean {
  return taken.some((left) => left === '' || path === left || path.startsWith(`${left}.`))
}

/** Takes out what is at a path, or what should have held it; says which. */
function takeOut(config: Record<string, unknown>, path: string[]): string {
  const steps: { holder: Record<string, unknown>; key: string }[] = []
  let here: unknown = config
  for (const key of path) {
    if (!isRecord(here)) break
    steps.push({ holder: here, key })
    here = here[key]
  }
  const isThere = (step: { holder: Record<string, unknown>; key: string }) => Object.hasOwn(step.holder, step.key)
  while (steps.length > 0) {
    const step = steps.at(-1)
    if (step !== undefined && (isThere(step) || steps.length === 1)) {
      delete step.holder[step.key]
      return path.slice(0, steps.length).join('.')
    }
    steps.pop()
  }
  return ''
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)]))
}
