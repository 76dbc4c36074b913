import { describe, expect, it, test } from 'vitest'
import type { FailedMigration } from '../../src/logs/told-migrations.ts'
import { migrationFinding, toldFailedMigrations } from '../../src/operations/failed-migrations.ts'

const failed: FailedMigration = { name: '2026_c', sqlState: '42701', message: 'SQLSTATE[42701]: Twice', position: 3 }

describe('a failed migration is told', () => {
  it('with its place, what was done and what was not', () => {
    const told = {
      service: 'api',
      done: ['2026_a', '2026_b'],
      failed: { ...failed, of: 5, notRun: ['2026_d', '2026_e'] },
    }
    expect(toldFailedMigrations(told)).toBe(
      'Migration 2026_c failed, 3 of 5: SQLSTATE[42701]: Twice. Done before it: 2026_a and 2026_b. Not run: 2026_d and 2026_e.',
    )
    expect(migrationFinding(told)).toMatchObject({
      code: 'migration-failed',
      subject: 'api',
      evidence: {
        migration: '2026_c',
        sqlState: '42701',
        position: 3,
        of: 5,
        done: '2026_a, 2026_b',
        notRun: '2026_d, 2026_e',
      },
      fix: 'Mend 2026_c and deploy again. What was done is not repeated.',
    })
  })

  test.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [4, '4th'],
    [11, '11th'],
    [22, '22nd'],
    [113, '113th'],
  ])('as number %i in words, where nobody knows how many there are', (position, word) => {
    const told = toldFailedMigrations({ service: 'api', done: [], failed: { ...failed, position } })
    expect(told).toBe(
      `Migration 2026_c failed, the ${word}, of how many is not known: SQLSTATE[42701]: Twice. None was done before it.`,
    )
  })

  it('as the last one, and without the names of very many', () => {
    const done = Array.from({ length: 40 }, (_, nth) => `2026_${nth}`)
    const told = { service: 'api', done, failed: { ...failed, position: 41, of: 41, notRun: [] } }
    expect(toldFailedMigrations(told)).toContain(
      'Done before it: 2026_0, 2026_1, 2026_2, 2026_3, 2026_4, 2026_5 and 34 more. It was the last one.',
    )
    expect(migrationFinding(told).evidence?.done).toContain('2026_39')
  })
})
