import { describe, expect, it } from 'vitest'
import type { OperationEvent } from '../../src/operations/events.ts'
import { renderSamples } from '../../src/output/human/soak.ts'
import { createHumanOutput } from '../../src/output/human-output.ts'
import { createTerminal } from '../../src/output/terminal.ts'
import { aPerson } from '../support/a-person.ts'
import { aScreen } from './human-screen.ts'

type Sampled = Extract<OperationEvent, { type: 'soak-sampled' }>

function aCheck(check: string, row: string, more: Partial<Sampled['checks'][number]> = {}): Sampled['checks'][number] {
  const letter = row.at(-1)
  return {
    check,
    service: 'api',
    use: 'gating',
    outcome: letter === 'x' ? 'bad' : letter === '?' ? 'unknown' : 'good',
    bad: row.split('x').length - 1,
    inARow: /x*$/.exec(row)?.[0].length ?? 0,
    row,
    ...more,
  }
}

function aSample(more: Partial<Sampled> = {}): Sampled {
  return {
    type: 'soak-sampled',
    environment: 'production',
    sample: 12,
    isMissed: false,
    leftMs: 1_440_000,
    verdict: 'inconclusive',
    checks: [
      aCheck('api-health', '.....x....xx', { message: 'https://api.test/health answered 503.' }),
      aCheck('latency', '............'),
    ],
    limits: { failureLimit: 5, consecutiveLimit: 3 },
    ...more,
  }
}

const started: OperationEvent = {
  type: 'soak-started',
  environment: 'production',
  durationMs: 1_800_000,
  intervalMs: 30_000,
}

describe('the view of a soak, where something can move', () => {
  it('has the time that is left, a row for each check, and what would take the change back', () => {
    expect(renderSamples(aSample(), 80)).toBe(
      [
        'soaking, sample 12, 24 min 0 s left: too early to say',
        'api-health  .....x....xx',
        'latency     ............',
        'taken back at 3 bad in a row or 5 in all; nearest: api-health of api, 2 of 3 in a row: https://api.test/health answered 503.',
      ].join('\n'),
    )
  })

  it('cuts the oldest samples of a row, so that it fits into 40 columns', () => {
    const row = `${'x'.repeat(40)}${'.'.repeat(20)}`
    const lines = renderSamples(aSample({ checks: [aCheck('a-check-with-a-very-long-name', row)] }), 40).split('\n')
    expect(lines[1]).toBe('a-check-with-a-ver  .................')
    expect(lines[1]?.length).toBeLessThanOrEqual(37)
  })

  it('brings services of one check together, each sample as bad as the worst of them', () => {
    const checks = [
      aCheck('runs', '....'),
      aCheck('runs', '.x?.', { service: 'worker' }),
      aCheck('runs', '?.', { service: 'new' }),
    ]
    expect(renderSamples(aSample({ checks }), 80)).toContain('\nruns  .x?.\n')
  })

  it('shows what is only observed where it is bad, and never as what takes the change back', () => {
    const checks = [
      aCheck('runs', '...'),
      aCheck('depth', 'xxx', { use: 'observed' }),
      aCheck('age', '...', { use: 'observed' }),
    ]
    const shown = renderSamples(aSample({ checks }), 80)
    expect(shown).toContain('depth (observed)  xxx')
    expect(shown).not.toContain('age')
    expect(shown).toContain('none is bad')
  })

  it('says when the platform could not be asked', () => {
    expect(renderSamples(aSample({ isMissed: true }), 80)).toContain('the platform could not be asked')
  })

  it('shows nothing that a terminal would obey', () => {
    const message = 'answered \u001b[2J\u0007 503'
    const shown = renderSamples(aSample({ checks: [aCheck('runs', 'x', { message })] }), 80)
    expect(shown).not.toContain('\u001b')
    expect(shown).not.toContain('\u0007')
  })

  it('is drawn line under line', async () => {
    let all = ''
    let heard = () => {}
    const screen = aPerson([]).screen((text) => {
      all += text
      heard()
    })
    screen.columns = 80
    const output = createHumanOutput(createTerminal(screen, screen, { env: {}, noColor: true }), {
      isVerbose: false,
      isQuiet: false,
    })
    output.event(aSample())
    while (!all.includes('2 of 3')) await new Promise<void>((resolve) => (heard = resolve))
    output.close()
    expect(all).toContain('api-health  .....x....xx\n  latency     ............\n')
  })
})

describe('a soak where nothing moves', () => {
  function lines(events: readonly OperationEvent[], settings: Parameters<typeof aScreen>[0] = {}): string[] {
    const screen = aScreen(settings)
    for (const event of events) screen.output.event(event)
    return screen.err().split('\n').filter(Boolean)
  }

  it('is a plain line a sample', () => {
    const short = { ...started, durationMs: 20_000, intervalMs: 1_000 }
    const well = [aCheck('runs', '.')]
    const told = lines([
      short,
      ...[20_000, 19_000, 18_000].map((leftMs, at) => aSample({ sample: at + 1, leftMs, checks: well })),
    ])
    expect(told).toEqual([
      '▸ soaking in production for 20 s, with a sample every 1.0 s',
      '  soaking, sample 1, 20 s left: 1 check well',
      '  soaking, sample 2, 19 s left: 1 check well',
      '  soaking, sample 3, 18 s left: 1 check well',
    ])
  })

  it('that is long is told once a minute, and when something changes', () => {
    const well = [aCheck('runs', '.')]
    const bad = [aCheck('runs', '.x')]
    const told = lines([
      started,
      ...[1_800_000, 1_770_000, 1_740_000, 1_710_000].map((leftMs) => aSample({ leftMs, checks: well })),
      aSample({ leftMs: 1_680_000, checks: bad }),
      aSample({ leftMs: 1_650_000, checks: bad }),
      aSample({ leftMs: 1_640_000, checks: [aCheck('runs', '.xx')] }),
    ])
    expect(told.map((line) => /([\d]+ min \d+ s) left/.exec(line)?.[1]).filter(Boolean)).toEqual([
      '30 min 0 s',
      '29 min 0 s',
      '28 min 0 s',
      '27 min 20 s',
    ])
  })

  it('is told at most once a second', () => {
    const told = lines([
      started,
      aSample({ leftMs: 5_000, checks: [aCheck('runs', '.')] }),
      aSample({ leftMs: 4_500, checks: [aCheck('runs', '.x')] }),
      aSample({ leftMs: 3_900, checks: [aCheck('runs', '.xx')] }),
    ])
    expect(told).toHaveLength(3)
  })

  it('says nothing when it is to be quiet', () => {
    expect(lines([started, aSample()], { isQuiet: true })).toEqual([])
  })

  it.each([80, 40])('fits into %i columns', (columns) => {
    const ended: OperationEvent = {
      type: 'soak-ended',
      environment: 'production',
      verdict: 'inconclusive',
      samples: 61,
      elapsedMs: 1_800_000,
      unjudged: ['failing-requests of api: 9 requests of people since the change; fewer than 50 say nothing.'],
    }
    const told = lines([started, aSample({ checks: [aCheck('runs', '.xx')] }), ended], { columns })
    expect(Math.max(...told.map((line) => line.length))).toBeLessThanOrEqual(columns)
    expect(told.join(' ').replaceAll(/\s+/g, ' ')).toContain('runs of api bad 2 of 3 in a row, 2 of 5 in all')
  })
})
