import { describe, expect, it } from 'vitest'
import type { SocketMisfortune } from '../../src/local/index.ts'
import type { PrintedLine } from '../../src/local/log-writer.ts'
import { logTime } from '../../src/logs/log-time.ts'
import { seeded } from '../support/seeded.ts'
import { moreOften, tally } from '../support/tally.ts'
import { settled } from '../support/until.ts'
import { loggingServices, rowsOf } from './followed-logs.ts'

const seeds = 100
const cuts = 10
const tenMinutesMs = 10 * 60 * 1000
const services = ['api', 'worker', 'scheduler', 'postgres', 'redis', 'grafana']

type Random = () => number

/** What one misfortune does, from its hour on: asked about every moment of every socket until it says that it is over. */
type Misfortune = (moment: { type: string }) => SocketMisfortune | 'over' | undefined

const misfortunes: Record<string, () => Misfortune> = {
  'cut in the middle of an event': () => onEvents(1, { kind: 'cut' }),
  'cut, and cut again while it is brought what was missed': () => onEvents(3, { kind: 'cut' }),
  'cut by what is no message': () => onEvents(1, { kind: 'message', text: '<html>' }),
  'silent though open': () => onEvents(1, { kind: 'silence' }),
  'held up for three seconds, then cut': () => {
    const cut = onEvents(1, { kind: 'cut' })
    let isHeldUp = false
    return (moment) => {
      if (moment.type !== 'next' || isHeldUp) return cut(moment)
      isHeldUp = true
      return { kind: 'delay', ms: 3_000 }
    }
  },
  'cut, and two upgrades refused': () => {
    let refused = -1
    return ({ type }) => {
      if (refused === 2) return 'over'
      if (type === 'next' && refused < 0) {
        refused = 0
        return { kind: 'cut' }
      }
      if (type !== 'upgrade' || refused < 0) return undefined
      refused += 1
      return { kind: 'refuse', status: 502 }
    }
  },
}

/** The next so many events meet it. */
function onEvents(times: number, misfortune: SocketMisfortune): Misfortune {
  let left = times
  return ({ type }) => {
    if (left === 0) return 'over'
    if (type !== 'next') return undefined
    left -= 1
    return misfortune
  }
}

/** Some lines of one service: among them equal times, exact doubles, and times up to 1.9 s ago. */
function someLines(random: Random, nth: number): PrintedLine[] {
  const lines = Array.from({ length: Math.floor(random() * 4) }, (_, index): PrintedLine => {
    const late = random() < 0.3 ? { lateMs: Math.floor(random() * 1_900) } : {}
    const equal = random() < 0.3 ? { nanoseconds: 7 } : {}
    const message = random() < 0.2 ? 'GET /up 200' : `line ${nth}.${index}`
    return { message, ...late, ...equal }
  })
  const [first] = lines
  // As an application does that logs the same thing twice within the precision of the clock.
  return first !== undefined && random() < 0.2
    ? [...lines, { ...first, nanoseconds: 5 }, { ...first, nanoseconds: 5 }]
    : lines
}

describe('six services that print for ten minutes while their stream is cut ten times', () => {
  it(`lose no line, give none twice and stay in order: the real client, sockets and local platform, ${seeds} seeds`, async () => {
    const stage = await loggingServices(services)
    const { clock, environmentId, local } = stage
    const counted = { rows: 0, doubles: 0, misfortunes: new Set<string>() }
    for (let seed = 1; seed <= seeds; seed++) {
      const random = seeded(seed)
      const since = logTime(clock.now())
      const startedAt = clock.now()
      const follow = stage.follow({ since })
      await settled()

      const hours = Array.from({ length: cuts }, () => startedAt + random() * tenMinutesMs).sort((a, b) => a - b)
      const waiting: Misfortune[] = []
      const names = Object.keys(misfortunes)
      const off = local.onSocket(({ type }) => {
        while (waiting[0] !== undefined) {
          const trouble = waiting[0]({ type })
          if (trouble !== 'over') return trouble
          waiting.shift()
        }
        return undefined
      })
      for (let nth = 0; clock.now() < startedAt + tenMinutesMs; nth++) {
        while (hours[0] !== undefined && hours[0] <= clock.now()) {
          hours.shift()
          const name = names[Math.floor(random() * names.length)] ?? ''
          const make = misfortunes[name]
          if (make !== undefined) waiting.push(make())
          counted.misfortunes.add(name)
        }
        const service = stage.services[Math.floor(random() * services.length)] ?? ''
        const lines = someLines(random, nth)
        // Once in a while more than one answer of the platform holds, so that what is missing has to be read back.
        if (random() < 0.0004) for (let more = 0; more < 6_000; more++) lines.push({ message: `burst ${nth}.${more}` })
        local.world.write(environmentId, service, lines)
        await clock.sleep(50 + random() * 5_000)
      }
      off()
      // Time for the last silence to be found out, and for the last connection.
      await clock.sleep(40_000)
      follow.stop()
      await follow.ended

      const key = (time: string, message: string, instance: string | undefined) => `${time} ${instance} ${message}`
      const printed = tally(
        local.world
          .ledger(environmentId)
          .filter(({ timestamp }) => timestamp >= since)
          .map(({ timestamp, message, instanceId }) => key(timestamp, message, instanceId)),
      )
      const rows = rowsOf(follow.items)
      const given = tally(rows.map(({ time, message, instanceId }) => key(time, message, instanceId)))
      expect(moreOften(printed, given), `lost with seed ${seed}`).toEqual([])
      expect(moreOften(given, printed), `twice with seed ${seed}`).toEqual([])
      expect(follow.items.filter(({ kind }) => kind === 'gap')).toEqual([])

      let last = ''
      for (const item of follow.items) {
        if (item.kind !== 'row') continue
        const { time } = item.row
        if (item.isLate === true) {
          expect(item.toldAt - Date.parse(time), `late without a reason with seed ${seed}`).toBeGreaterThan(2_000)
        } else {
          if (time < last) expect.fail(`${time} after ${last} with seed ${seed}`)
          last = time
        }
      }
      counted.rows += rows.length
      counted.doubles += [...printed.values()].filter((times) => times > 1).length
    }
    // What was promised to happen did happen.
    const readings = local.requests.filter(({ operationName }) => operationName === 'ReadEnvironmentLog')
    expect(readings.length, 'missing rows were read back').toBeGreaterThan(seeds)
    expect(local.socketMoments.filter(({ type }) => type === 'upgrade').length).toBeGreaterThan(seeds * cuts)
    expect(counted.rows).toBeGreaterThan(seeds * 300)
    expect(counted.doubles).toBeGreaterThan(seeds * 10)
    expect(counted.misfortunes).toEqual(new Set(Object.keys(misfortunes)))
  }, 120_000)
})
