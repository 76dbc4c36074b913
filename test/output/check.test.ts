import { expect, it } from 'vitest'
import { renderCheck } from '../../src/output/human/check.ts'
import { createStyle } from '../../src/output/style.ts'
import { aCheck } from './samples.ts'

const plain = { style: createStyle(0), columns: 80 }

it('is grouped by service, with what is wrong, its evidence and its fix, then metrics and the verdict', () => {
  expect(
    renderCheck(aCheck(), { isRehearsal: true }, plain),
  ).toBe(`Project fakturino-production, environment staging (REHEARSAL)

api
  ✓ liveness
  ✗ api-health: api is degraded: database fails (paddle too, which never fails
    the whole).
    status 503, failing database, paddle
    Read what api logged about database: the answer names no reasons.
  · telescope: the flag monitoring is off

worker
  · queue-backlog: 3 jobs wait; whether they get fewer shows only over 300 s.
    pending 3, looks 1, forSeconds 0
    Run: fakturino check --watch -e staging

metrics of api
  !  missing  Days until the certificate expires
              fakturino_signer_cert_expiry_days
    Days until the certificate expires: missing. api tells -1.
  ·   absent  Customers invoiceshelf_customers_total
  ·        7  Invoices by status (DRAFT 3, SENT 4) invoiceshelf_invoices_total

✗ fail: 1 check passed, 1 failed, 1 advisory, 1 not judged, 1 skipped
`)
})

it('tells after an earlier look only what is different, and nothing where nothing is', () => {
  const before = aCheck({ verdict: 'pass', checks: aCheck().checks.filter(({ check }) => check !== 'api-health') })
  const text = renderCheck(aCheck(), { isRehearsal: true, before }, plain)
  expect(text).toContain('2026-11-03 09:00:00 UTC\n  ✗ api api-health: api is degraded')
  expect(text).toContain('✗ fail: ')
  expect(text).not.toContain('telescope')
  expect(renderCheck(aCheck(), { isRehearsal: true, before: aCheck() }, plain)).toBe('')
})
