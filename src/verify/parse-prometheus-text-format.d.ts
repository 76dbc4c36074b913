/** As much of the library as `said-metrics.ts` reads; it brings no types of its own. */
declare module 'parse-prometheus-text-format' {
  interface Family {
    name: string
    /** Histograms and summaries have no single value. */
    metrics: { value?: string; labels?: Record<string, string> }[]
  }
  function parsePrometheusTextFormat(text: string): Family[]

  // biome-ignore lint/style/noDefaultExport: it is the library's
  export { parsePrometheusTextFormat as default }
}
