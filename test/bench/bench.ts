import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rehearsalAddressFile } from '../../src/cli/access.ts'
import { wallClock } from '../../src/kit/clock.ts'
import { type LocalPlatform, startLocalPlatform } from '../../src/local/index.ts'
import type { LogItem } from '../../src/logs/log-item.ts'
import { createReading } from '../../src/logs/reading.ts'
import { takeLines } from './log-lines.ts'
import { planOfSize } from './plan-of-size.ts'

/**
 * `npm run bench`: what speed was promised, measured in one run. Start-up is told as a ratio over bare Node, runs interleaved;
 * requests are counted by the rehearsal platform; what a plan and lines of logs cost is processor time. Ends with 1 past a limit.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'bin/fakturino.js')
const rounds = 21

interface Row {
  what: string
  measured: string
  target: string
  limit: string
  holds: boolean
}

const state = await mkdtemp(join(tmpdir(), 'fakturino-bench-'))
const platform = await startLocalPlatform({
  clock: wallClock,
  timing: { buildMs: 0, preDeployMs: 0, startMs: 0 },
  repositories: [{ name: 'your-organisation/fakturino', branches: { main: [{ message: 'First release' }] } }],
})
try {
  await writeFile(join(state, rehearsalAddressFile), JSON.stringify(platform.address))
  const rows = [...(await requests(platform)), ...(await startUp()), ...planning(), ...logLines(), ...packing()]
  const width = (column: keyof Omit<Row, 'holds'>) => Math.max(...rows.map((row) => row[column].length), column.length)
  const line = (row: Omit<Row, 'holds'>, sign: string) =>
    `${sign} ${(['what', 'measured', 'target', 'limit'] as const).map((column) => row[column].padEnd(width(column))).join('  ')}`.trimEnd()
  const lines = [
    line({ what: 'what', measured: 'measured', target: 'target', limit: 'limit' }, ' '),
    ...rows.map((row) => line(row, row.holds ? '✓' : '✗')),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exitCode = rows.every((row) => row.holds) ? 0 : 1
} finally {
  await platform.stop()
  await rm(state, { recursive: true, force: true })
}

/** Requests of each command, ids known; probes and looks at deployments on their way do not count. */
async function requests(platform: LocalPlatform): Promise<Row[]> {
  const counted = async (argv: string[]) => {
    const before = platform.requests.length
    await run([...argv, '--yes', '--json'])
    const polls = ['WatchDeployments', 'DeploymentProgress']
    return platform.requests.slice(before).filter(({ operationName }) => !polls.includes(operationName ?? '')).length
  }
  const rows: Row[] = []
  const add = (what: string, amount: number, target: number, limit: number) =>
    rows.push({
      what: `requests: ${what}`,
      measured: `${amount}`,
      target: `${target}`,
      limit: `${limit}`,
      holds: amount <= limit,
    })
  add('init of two environments', await counted(['init']), 32, 45)
  add('deploy, first time', await counted(['deploy', '-e', 'staging']), 14, 25)
  add('plan', await counted(['plan', '-e', 'staging']), 2, 3)
  add('status', await counted(['status', '-e', 'staging']), 1, 2)
  return rows
}

async function startUp(): Promise<Row[]> {
  const bare = ['-e', '0']
  const cases: [what: string, argv: string[], target: number, limit: number][] = [
    ['--version', [program, '--version'], 1.15, 1.3],
    ['--help', [program, '--help'], 1.25, 1.4],
    ['config and one request', [program, ...full(['status', '-e', 'staging', '--json'])], 2.2, 2.8],
  ]
  const times = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [what, argv] of [['bare', bare] as const, ...cases]) {
      const took = await timed([...argv])
      times.set(what, [...(times.get(what) ?? []), took])
    }
  }
  const base = median(times.get('bare') ?? [])
  return cases.map(([what, , target, limit]) => {
    const ratio = median(times.get(what) ?? []) / base
    return {
      what: `start-up over bare node: ${what}`,
      measured: `${ratio.toFixed(2)}x`,
      target: `${target}x`,
      limit: `${limit}x`,
      holds: ratio <= limit,
    }
  })
}

function planning(): Row[] {
  const cpuMs = (services: number, variables: number) => {
    const plan = planOfSize(services, variables)
    plan()
    const before = process.cpuUsage()
    plan()
    return process.cpuUsage(before).user / 1000
  }
  const quarter = cpuMs(250, 100)
  const whole = cpuMs(1_000, 100)
  return [
    {
      what: 'plan of 1,000 services x 100 variables',
      measured: `${Math.round(whole)} ms CPU`,
      target: '1000 ms',
      limit: '1000 ms',
      holds: whole < 1_000,
    },
    {
      what: 'plan growth, four times the services',
      measured: `${(whole / quarter).toFixed(1)}x`,
      target: '4x',
      limit: '6x',
      holds: whole / quarter < 6,
    },
  ]
}

/**
 * Lines of six services through what makes one stream of them, and what reads them. Memory is flat when what is kept does not grow with what went
 * through: what waits (50,000 rows at most), what is remembered (as many) and no more, measured after a collection.
 */
function logLines(): Row[] {
  const { gc } = globalThis
  const reading = createReading({}, ({ serviceId }) => serviceId ?? null)
  const sink = { take: (items: readonly LogItem[]) => void reading.take(items) }
  takeLines(100_000, sink)
  const { rows, seconds } = takeLines(300_000, sink)
  const perSecond = Math.round(rows / seconds)
  const collect = () => {
    gc?.()
    return process.memoryUsage().heapUsed
  }
  const { heap } = takeLines(1_000_000, sink, gc === undefined ? undefined : collect)
  const [settled = Number.NaN, ...later] = heap.slice(2)
  const grown = (Math.max(...later) - settled) / 1024 / 1024
  return [
    {
      what: 'log lines merged from six services',
      measured: `${perSecond} a second`,
      target: '50000',
      limit: '20000',
      holds: perSecond >= 20_000,
    },
    {
      what: 'memory over a million log lines',
      measured: gc === undefined ? 'not measured' : `${grown.toFixed(1)} MB more`,
      target: '0 MB',
      limit: '8 MB',
      holds: gc !== undefined && grown < 8,
    },
  ]
}

function packing(): Row[] {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  })
  const [{ size }]: [{ size: number }] = JSON.parse(stdout)
  const megabytes = size / 1024 / 1024
  return [
    { what: 'package', measured: `${megabytes.toFixed(2)} MB`, target: '5 MB', limit: '5 MB', holds: megabytes < 5 },
  ]
}

function full(argv: string[]): string[] {
  return [...argv, '--local', '--no-input', '--state', state, '--config', join(root, 'fakturino.config.ts')]
}

/** One command to its end; its output is thrown away, its failure is not. */
function run(argv: string[]): Promise<void> {
  return ended([program, ...full(argv)])
}

async function timed(argv: string[]): Promise<number> {
  const before = process.hrtime.bigint()
  await ended(argv)
  return Number(process.hrtime.bigint() - before) / 1e6
}

function ended(argv: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'], cwd: root })
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${argv.join(' ')} ended with ${code}: ${said}`)),
    )
  })
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
