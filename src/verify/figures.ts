import type { WatchedMetric } from '../config/watched.ts'
import { type CheckResult, failed, passed, skipped, unknown } from './check.ts'
import { type SaidMetrics, samplesOf } from './said-metrics.ts'

/** One metric of the config as a service tells it. */
export interface Figure {
  metric: string
  service: string
  means: string
  /** `absent`: not told at all. `missing`: told, as the value that says that there is nothing. */
  state: 'told' | 'absent' | 'missing' | 'no-number'
  /** Of several samples, their sum; null where there is no number. */
  value: number | null
  /** The samples by their labels, where there are several. */
  parts?: { labels: Record<string, string>; value: number }[]
}

/** Reads the metrics of the config off a page; all of them are named, whatever the page holds. Pure. */
export function figuresIn(
  metrics: SaidMetrics | undefined,
  watched: readonly WatchedMetric[],
  service: string,
): Figure[] {
  return watched.map(({ name, means, missing }) => {
    const samples = metrics === undefined ? undefined : samplesOf(metrics, name)
    const figure = { metric: name, service, means, value: null }
    if (samples === undefined) return { ...figure, state: 'absent' }
    const value = samples.reduce((sum, sample) => sum + sample.value, 0)
    if (missing !== undefined && samples.some((sample) => sample.value === missing)) {
      return { ...figure, state: 'missing' }
    }
    if (!Number.isFinite(value)) return { ...figure, state: 'no-number' }
    return {
      ...figure,
      state: 'told',
      value,
      ...(samples.length === 1 ? {} : { parts: samples.map(({ labels, value: part }) => ({ labels, value: part })) }),
    }
  })
}

/**
 * Judges figures by the thresholds of the config. What has none is only shown. @param earlier the figures of this watch so far, the
 * oldest first, for totals of which only the growth says something
 */
export function judgeFigures(
  figures: readonly Figure[],
  watched: readonly WatchedMetric[],
  earlier: readonly (readonly Figure[])[],
): CheckResult[] {
  return watched.flatMap((metric) => {
    const figure = figures.find((one) => one.metric === metric.name)
    if (figure === undefined) return []
    return judged(
      metric,
      figure,
      earlier.flatMap((one) => one.find((before) => before.metric === metric.name)?.value ?? []),
    )
  })
}

/** Over several looks: a total that became smaller was emptied, wholly or in part, and goes on from there. */
function growthOver(values: readonly number[]): number {
  return values.reduce((sum, value, index) => sum + Math.max(0, value - (values[index - 1] ?? value)), 0)
}

function judged(metric: WatchedMetric, figure: Figure, before: readonly number[]): CheckResult[] {
  const { name, means, missing, use } = metric
  const asked = { check: name, service: figure.service }
  const isThere = figure.state === 'told'
  if (!isThere && missing !== undefined && figure.state !== 'no-number') {
    return [
      failed(asked, {
        code: 'metric-missing',
        severity: 'advisory',
        message: `${means}: missing. ${figure.service} ${figure.state === 'absent' ? 'does not tell it' : `tells ${missing}, which means that there is nothing to measure`}.`,
        evidence: { value: figure.state === 'absent' ? null : missing },
        fix: `Look whether ${figure.service} has what it measures: for a certificate, that its file is there.`,
      }),
    ]
  }
  if (!isThere) {
    const why = figure.state === 'absent' ? 'absent' : 'told as no number'
    if (use === 'observed') return [skipped(asked, why)]
    return [
      unknown(asked, {
        code: 'metric-absent',
        message: `${means}: ${why}, so it could not be judged.`,
        evidence: { value: null },
        fix: `Look whether ${figure.service} still has a metric ${name}.`,
      }),
    ]
  }
  if (metric.critical === undefined && metric.advisory === undefined) return []
  const isGrowth = metric.measure === 'growth'
  if (isGrowth && before.length === 0) {
    return [skipped(asked, 'only its growth says something, and this is the first look')]
  }
  const told = figure.value ?? 0
  const value = isGrowth ? growthOver([...before, told]) : told
  const severity = (['critical', 'advisory'] as const).find((one) => isPast(metric[one], value))
  if (severity === undefined) return [passed(asked)]
  return [
    failed(asked, {
      code: 'metric-out-of-bounds',
      severity,
      message: `${means}: ${isGrowth ? `${value} more since this watch began` : value}, and ${toldThreshold(metric[severity])} is ${severity}.`,
      evidence: { value, ...(isGrowth ? { before: before[0] ?? null } : {}) },
      fix: `Look into it in ${figure.service}; the bound is metrics.${name}.${severity} of the config.`,
    }),
  ]
}

type Threshold = WatchedMetric['critical']

function isPast(threshold: Threshold, value: number): boolean {
  if (threshold === undefined) return false
  return 'below' in threshold ? value < threshold.below : value > threshold.above
}

function toldThreshold(threshold: Threshold): string {
  if (threshold === undefined) return ''
  return 'below' in threshold ? `below ${threshold.below}` : `above ${threshold.above}`
}
