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

/** An exception that reached artisan. */
export interface Thrown {
  file: string
  line: number
  message: string
}

/** What the framework throws where the database says no, and what that was thrown for. */
export function thrownByDatabase(said: string, asked: string): Thrown[] {
  return [
    { file: 'Connection.php', line: 829, message: `${said} (Connection: pgsql, SQL: ${asked})` },
    { file: 'Connection.php', line: 587, message: said },
  ]
}

/** How the console shows exceptions: each message cut into pieces of one width, wherever that falls. */
export function artisanThrown(thrown: readonly Thrown[]): string[] {
  const width = columns - 1 - 4
  return thrown.flatMap(({ file, line, message }) => {
    const pieces = message.split('\n').flatMap((text) => text.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])
    const longest = Math.max(0, ...pieces.map((piece) => piece.length))
    const empty = ' '.repeat(longest + 4)
    return ['', `In ${file} line ${line}:`, empty, ...pieces.map((piece) => `  ${piece.padEnd(longest)}  `), empty]
  })
}
