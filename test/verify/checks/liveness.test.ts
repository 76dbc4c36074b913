import { expect, test } from 'vitest'
import { checkLiveness, type LivenessQuestion } from '../../../src/verify/checks/liveness.ts'
import type { Probe, ProbeAnswer } from '../../../src/verify/probe.ts'
import { anAnswer } from '../../support/builders.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const question: LivenessQuestion = {
  service: 'api',
  url: 'https://api.example.com/health',
  status: 200,
  inARow: 3,
  gapMs: 2_000,
  probeTimeoutMs: 10_000,
  withinMs: 60_000,
}

const answered = (status: number) => anAnswer({ status })
const fallback = anAnswer({ isFallback: true, elapsedMs: 3 })
const silent: ProbeAnswer = { kind: 'unanswered', reason: 'connection refused', elapsedMs: 1 }
const [good, bad] = [answered(200), answered(503)]

/** Asks an app that gives these answers, the last one for ever. */
async function asked(
  answers: ProbeAnswer[],
  overrides: Partial<LivenessQuestion> = {},
  controller = new AbortController(),
) {
  const clock = new FakeClock()
  const startedAt = clock.now()
  const requests: { url: string; timeoutMs: number; afterMs: number }[] = []
  const probe: Probe = {
    get: async (url, timeoutMs) => {
      const answer = answers[Math.min(requests.length, answers.length - 1)] ?? silent
      requests.push({ url, timeoutMs, afterMs: clock.now() - startedAt })
      return answer
    },
  }
  const result = await checkLiveness({ ...question, ...overrides }, { probe, clock, signal: controller.signal })
  return { result, requests, elapsedMs: clock.now() - startedAt }
}

test('it passes after so many good answers in a row, a gap apart', async () => {
  const { result, requests } = await asked([good])
  expect(result).toEqual({ check: 'liveness', service: 'api', outcome: 'pass' })
  expect(requests).toEqual(
    [0, 2_000, 4_000].map((afterMs) => ({ url: question.url, timeoutMs: question.probeTimeoutMs, afterMs })),
  )
})

test.each<[string, ProbeAnswer[], number]>([
  ['an app that takes a while to come up', [silent, bad, good], 5],
  ['a bad answer among good ones, which begins the row anew', [good, good, bad, good], 6],
  ['a silence among good ones', [good, good, silent, good], 6],
  ['an answer of the edge among good ones', [good, good, fallback, good], 6],
])('it passes for %s', async (_, answers, probes) => {
  const { result, requests } = await asked(answers)
  expect(result.outcome).toBe('pass')
  expect(requests).toHaveLength(probes)
})

test('only the asked status is a good answer', async () => {
  expect((await asked([answered(204)], { status: 204 })).result.outcome).toBe('pass')
  expect((await asked([answered(204)])).result.outcome).toBe('fail')
})

test.each<[string, ProbeAnswer[], string, string]>([
  [
    'a bad status',
    [bad],
    'not-answering',
    'https://api.example.com/health answered 503; 3 answers of 200 in a row were asked for.',
  ],
  [
    'no answer',
    [silent],
    'not-answering',
    'https://api.example.com/health did not answer (connection refused); 3 answers of 200 in a row were asked for.',
  ],
  [
    'good ones that never make a row',
    [good, good, bad, good, good, bad, good, good, bad],
    'not-answering',
    'https://api.example.com/health answered 503; 3 answers of 200 in a row were asked for.',
  ],
  [
    "the edge's own answer, though its status is the wanted one",
    [fallback],
    'edge-fallback',
    "The platform's edge answers 200 for https://api.example.com/health: nothing listens on the port that its domain targets.",
  ],
])('it gives up in time over %s', async (_, answers, code, message) => {
  const { result, requests, elapsedMs } = await asked(answers)
  expect(result).toMatchObject({ outcome: 'fail', finding: { code, severity: 'critical', subject: 'api', message } })
  expect(result.finding?.evidence?.probes).toBe(requests.length)
  expect(elapsedMs).toBe(question.withinMs)
})

test('time that is over in the middle of a good row is no answer either way', async () => {
  const { result } = await asked([bad, good], { withinMs: 4_000 })
  expect(result).toMatchObject({
    outcome: 'unknown',
    finding: {
      code: 'verify-timeout',
      message: 'https://api.example.com/health answers, but only 2 of 3 times in a row when its 4 s were over.',
    },
  })
})

test('it does not begin a wait that would end too late', async () => {
  const { requests, elapsedMs } = await asked([bad], { withinMs: 5_000 })
  expect(requests).toHaveLength(3)
  expect(elapsedMs).toBe(4_000)
})

test('it asks once even where there is no time', async () => {
  const { result, requests } = await asked([bad], { withinMs: 0 })
  expect(result.outcome).toBe('fail')
  expect(requests).toHaveLength(1)
})

test('it says what to look at: the port behind a fallback, the log behind everything else', async () => {
  expect((await asked([fallback])).result.finding?.fix).toContain('PORT')
  expect((await asked([bad])).result.finding?.fix).toContain('logged')
})

test('it ends when it is interrupted', async () => {
  const controller = new AbortController()
  const answer = asked([bad], {}, controller)
  controller.abort(new Error('interrupted'))
  await expect(answer).rejects.toThrow('interrupted')
})

test('what could not be asked at all is unknown, at once, and says why', async () => {
  const { result, requests } = await asked([{ kind: 'unasked', reason: 'there is no way there' }])
  expect(requests).toHaveLength(1)
  expect(result).toMatchObject({
    check: 'liveness',
    service: 'api',
    outcome: 'unknown',
    finding: { code: 'not-asked', severity: 'advisory', message: expect.stringContaining('there is no way there') },
  })
})
