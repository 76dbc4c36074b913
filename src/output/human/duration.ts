/** `0.4 s`, `12 s`, `2 min 5 s` */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** How long ago something was, in one unit: `40 s ago`, `5 min ago`, `3 h ago`, `9 d ago`. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)} h ago`
  return `${Math.floor(seconds / (24 * 3_600))} d ago`
}
