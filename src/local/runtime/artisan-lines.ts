/** How wide artisan writes where there is no terminal. */
const columns = 80

/** `  2026-11-03 09:00:01 App\Jobs\SyncBank ................ 412.00ms DONE`: what begins, or how it ended after so long. */
export function artisanTask(now: number, task: string, end: 'RUNNING' | 'DONE' | 'FAIL', tookMs?: number): string {
  const left = `  ${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} ${task} `
  const right = ` ${tookMs === undefined ? '' : `${tookMs.toFixed(2)}ms `}${end}`
  return left + '.'.repeat(Math.max(3, columns - left.length - right.length)) + right
}

export function artisanInfo(message: string): string {
  return `   INFO  ${message}`
}

/** `  2026_10_01_090000_create_invoices_table ......... [1] Ran  `: two things at the ends of a line. */
export function artisanRow(left: string, right = ''): string {
  const end = right === '' ? '' : ` ${right}`
  return `  ${left} ${'.'.repeat(Math.max(3, columns - left.length - end.length - 5))}${end}  `
}
