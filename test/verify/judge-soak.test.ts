import { describe, expect, it } from 'vitest'
import { judgeSoak, type SampledCheck, type SoakSample } from '../../src/verify/judge-soak.ts'

const limits = { failureLimit: 4, consecutiveLimit: 3, minimumProbes: 5 }

const letters = { '.': 'good', x: 'bad', '?': 'unknown' } as const

/** Samples a second apart, by a row for each check: `.` good, `x` bad, `?` unknown, a space where it was not asked. */
function samplesOf(rows: Record<string, string>, more: Partial<SampledCheck> = {}): SoakSample[] {
  const length = Math.max(0, ...Object.values(rows).map((row) => row.length))
  return Array.from({ length }, (_, at) => ({
    at: at * 1000,
    checks: Object.entries(rows).flatMap(([check, row]): SampledCheck[] => {
      const letter = row[at]
      if (letter !== '.' && letter !== 'x' && letter !== '?') return []
      const outcome = letters[letter]
      const use = check.startsWith('observed') ? 'observed' : 'gating'
      return [
        { check, service: 'api', use, outcome, ...(letter === '.' ? {} : { message: `${check} at ${at}` }), ...more },
      ]
    }),
  }))
}

describe('the verdict of a soak', () => {
  it.each([
    ['good samples pass', { health: '.....' }, 'pass'],
    ['too few good ones say nothing', { health: '....' }, 'inconclusive'],
    ['none at all say nothing', {}, 'inconclusive'],
    ['single bad ones below the limit pass', { health: 'x..x..x.' }, 'pass'],
    ['so many bad ones in all fail', { health: 'x..x..x..x' }, 'fail'],
    ['so many in a row fail', { health: '..xxx' }, 'fail'],
    ['fewer in a row do not', { health: '...xx' }, 'pass'],
    ['a row that is over does not', { health: 'xx......' }, 'pass'],
    ['they fail before there are enough to pass', { health: 'xxx' }, 'fail'],
    ['a sample that says nothing ends no row of bad ones', { health: '....x?xx' }, 'fail'],
    ['samples that say nothing are not enough', { health: '....????' }, 'inconclusive'],
    ['nor are they bad', { health: '.....???????' }, 'pass'],
    [
      'one check that was never told keeps the whole from passing',
      { health: '.....', metric: '?????' },
      'inconclusive',
    ],
    ['one that fails fails the whole, whatever another could not tell', { health: '?????', runs: '..xxx' }, 'fail'],
    ['an observed one never fails it', { health: '.....', observed: 'xxxxx' }, 'pass'],
    ['nor keeps it from passing', { health: '.....', observed: '?????' }, 'pass'],
    ['observed ones alone say nothing', { observed: '.....' }, 'inconclusive'],
    [
      'a check that was asked in part of the samples counts by those',
      { health: '........', metric: '   .....' },
      'pass',
    ],
    ['and needs as many of them', { health: '........', metric: '    ....' }, 'inconclusive'],
  ] as const)('%s', (_, rows, verdict) => {
    expect(judgeSoak(samplesOf({ ...rows }), limits).verdict).toBe(verdict)
  })

  it.each([
    ['the newest is enough to pass', '??????.', 'pass'],
    ['and has to say something', '......?', 'inconclusive'],
    ['it fails by the same limits', '????xxx', 'fail'],
  ] as const)('of a check that is about the whole time, %s', (_, row, verdict) => {
    expect(judgeSoak(samplesOf({ shares: row }, { isOverall: true }), limits).verdict).toBe(verdict)
  })

  it('tells checks of the same name apart by service', () => {
    const samples = samplesOf({ runs: 'x.x.x.' }).map(({ at, checks }) => ({
      at,
      checks: [...checks, ...checks.map((one) => ({ ...one, service: 'worker' }))],
    }))
    const { verdict, checks } = judgeSoak(samples, limits)
    expect(verdict).toBe('pass')
    expect(checks.map(({ service, bad }) => [service, bad])).toEqual([
      ['api', 3],
      ['worker', 3],
    ])
  })

  it('a check that gates in one sample gates', () => {
    const samples = samplesOf({ health: '..' }).concat(samplesOf({ health: 'xxx' }, { use: 'observed' }))
    expect(judgeSoak(samples, limits).verdict).toBe('fail')
  })
})

describe('what a soak tells of a failure', () => {
  it('is the check that failed, and why, by its newest sample', () => {
    expect(judgeSoak(samplesOf({ runs: '.....', health: '..xxx' }), limits)).toMatchObject({
      trigger: { check: 'health', service: 'api', message: 'health at 4' },
      firstBadAt: 2000,
    })
  })

  it('began with the row of bad samples where the row failed it', () => {
    expect(judgeSoak(samplesOf({ health: 'x...xxx' }), { ...limits, failureLimit: 9 }).firstBadAt).toBe(4000)
  })

  it('began with the first bad sample where their number failed it', () => {
    expect(judgeSoak(samplesOf({ health: '.x.x.x.x' }), limits).firstBadAt).toBe(1000)
  })

  it('counts every check: its outcomes, how many were bad, and how many in a row', () => {
    expect(judgeSoak(samplesOf({ health: '.x?.xx' }), limits).checks).toEqual([
      {
        check: 'health',
        service: 'api',
        use: 'gating',
        outcomes: ['good', 'bad', 'unknown', 'good', 'bad', 'bad'],
        bad: 3,
        inARow: 2,
        verdict: 'pass',
        message: 'health at 5',
      },
    ])
  })
})
