import { expect, it } from 'vitest'
import { renderPlan } from '../../src/output/human/plan.ts'
import { createStyle } from '../../src/output/style.ts'
import { aPlan } from './samples.ts'

const plain = { style: createStyle(0), columns: 80, isVerbose: false }

it('tells a plan service by service, then deployments, then what is left alone, then the sum', () => {
  expect(renderPlan(aPlan(), plain)).toBe(`api
  ~ QUEUE_CONNECTION sync → redis (drift: changed outside)
  + PADDLE_API_KEY (secret)
  - OLD (hidden) (destructive)

postgres
  ~ volume size 5 GB → 10 GB (risky, downtime)

To deploy, in this order
  ▸ postgres: its settings change (downtime: it has a volume)
  ▸ api at 22222222, from 11111111: another commit and its variables change
    (downtime: it has a volume)
  ▸ worker at the newest commit: not deployed here yet; cannot start without
    APP_KEY

Not yet
  · mcp-server not implemented before Step 7

Left alone
  · metabase: Not in the config, left alone.
  · Not set, and nothing needs them to start: CPAY_SECRET_KEY and
    NLB_CLIENT_SECRET.

Plan: 1 to create, 2 to change, 1 to remove and 3 services to deploy.
`)
})

it('names the variables of a new service, and shows each of them when verbose', () => {
  const [update] = aPlan().changes
  if (update === undefined) throw new Error('no change')
  const { before: _, ...variable } = update
  const plan = aPlan({
    changes: [
      { ...variable, action: 'create', setting: 'service', after: 'app', act: { kind: 'create-service' } },
      { ...variable, action: 'create' },
    ],
    deployments: [],
    notes: [],
    pending: [],
  })
  expect(renderPlan(plan, plain)).toContain('  + 1 variable: QUEUE_CONNECTION\n')
  expect(renderPlan(plan, { ...plain, isVerbose: true })).toContain(
    '  + QUEUE_CONNECTION redis (drift: changed outside)\n',
  )
})

it('an empty plan says so', () => {
  const plan = aPlan({ changes: [], deployments: [], notes: [], pending: [] })
  expect(renderPlan(plan, plain)).toBe('✓ staging equals the config.\n')
})

it('with colour: names in bold, signs and remarks coloured, values dim', () => {
  const plan = aPlan({ changes: aPlan().changes.slice(0, 1), deployments: [], notes: [], pending: [] })
  expect(renderPlan(plan, { ...plain, style: createStyle(1) })).toBe(
    `\u001b[1mapi\u001b[22m\n  \u001b[33m~\u001b[39m QUEUE_CONNECTION \u001b[2msync → redis\u001b[22m \u001b[33m(drift: changed outside)\u001b[39m\n\n\u001b[1mPlan: 1 to change.\u001b[22m\n`,
  )
})

it('one that only updates or deletes counts in its own words', () => {
  const [, , remove] = aPlan().changes
  const plan = aPlan({ changes: remove === undefined ? [] : [remove], deployments: [], notes: [], pending: [] })
  expect(renderPlan(plan, plain)).toMatch(/Plan: 1 to remove\.\n$/)
})
