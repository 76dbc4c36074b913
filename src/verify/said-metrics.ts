import parsePrometheusTextFormat from 'parse-prometheus-text-format'

/** The samples of one metric. */
export interface Sample {
  labels: Record<string, string>
  value: number
}

/** Metrics by the name that they have on the page; undefined where the page holds none. */
export type SaidMetrics = ReadonlyMap<string, readonly Sample[]>

/** Reads what a metrics endpoint prints. Lines that are no metric are passed over; a page without any is no metrics. Pure. */
export function saidMetrics(text: string): SaidMetrics | undefined {
  const families = parsedFamilies(text)
  const metrics = new Map<string, Sample[]>()
  for (const { name, metrics: said } of families) {
    const samples = said.flatMap(({ value, labels = {} }) => {
      const number = value === undefined ? undefined : numberOf(value)
      return number === undefined ? [] : [{ labels, value: number }]
    })
    if (samples.length > 0) metrics.set(name, samples)
  }
  return metrics.size === 0 ? undefined : metrics
}

/** The library wants every line to end, and takes any line of two words for a metric. */
function parsedFamilies(text: string) {
  try {
    return parsePrometheusTextFormat(`${text.replaceAll('\r', '')}\n`)
  } catch {
    return []
  }
}

/** A number as the format writes it; undefined for a word that is none. */
function numberOf(text: string): number | undefined {
  if (/^nan$/i.test(text)) return Number.NaN
  const [, sign, infinity] = /^([+-]?)(inf)$/i.exec(text) ?? []
  if (infinity !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const number = Number(text)
  return text === '' || Number.isNaN(number) ? undefined : number
}

/** The samples of a metric by its configured name, with a namespace before it, or without the one that it has. */
export function samplesOf(metrics: SaidMetrics, name: string): readonly Sample[] | undefined {
  const exact = metrics.get(name)
  if (exact !== undefined) return exact
  for (const [said, samples] of metrics) {
    if (said.endsWith(`_${name}`) || name.replace(/^[^_]+_/, '') === said) return samples
  }
  return undefined
}
