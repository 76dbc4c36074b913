import { describe, expect, it, test } from 'vitest'
import { checkRevision, type RevisionQuestion, saidRevision } from '../../../src/verify/checks/revision.ts'
import type { Probe, ProbeAnswer } from '../../../src/verify/probe.ts'
import { anAnswer } from '../../support/builders.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const ours = '1111111a1111111111111111111111111111111b'
const before = '2222222222222222222222222222222222222222'
const url = 'https://api.example.com/version'
const question: RevisionQuestion = {
  service: 'api',
  url,
  place: { path: '/version', field: 'commit' },
  commit: ours,
  before,
  inARow: 3,
  gapMs: 2_000,
  probeTimeoutMs: 10_000,
  withinMs: 60_000,
}

const json = (value: unknown) => anAnswer({ body: JSON.stringify(value) })
const says = (commit: unknown) => json({ commit })
const unanswered: ProbeAnswer = { kind: 'unanswered', reason: 'timeout', elapsedMs: 1 }

describe('one answer', () => {
  const header = { place: { path: '/', header: 'X-Commit' } }
  const nested = { place: { path: '/version', field: 'build.commit' } }
  const sameStart = { before: `1111111${'c'.repeat(33)}` }

  test.each<[string, Parameters<typeof saidRevision>[0], Partial<RevisionQuestion>, string]>([
    ['the whole commit', says(ours), {}, 'ours'],
    ['its first seven digits', says('1111111'), {}, 'ours'],
    ['capital letters, and blanks around it', says(` ${ours.toUpperCase()}\n`), {}, 'ours'],
    ['the commit before', says(before), {}, `other ${before}`],
    ['the beginning of another', says('2222222'), {}, 'other 2222222'],
    ['one that only begins like ours', says('1111111b'), {}, 'other 1111111b'],
    ['more than our commit', says(`${ours}00`), {}, `other ${ours}00`],
    ['six digits', says('111111'), {}, 'silent its field commit is no commit of 7 digits or more'],
    ['a name', says('main'), {}, 'silent its field commit is no commit of 7 digits or more'],
    ['a number', says(11111111), {}, 'silent its field commit is no commit of 7 digits or more'],
    ['an object', says({ sha: ours }), {}, 'silent its field commit is no commit of 7 digits or more'],
    ['nothing in it', says(''), {}, 'silent its field commit is no commit of 7 digits or more'],
    ['null', says(null), {}, 'silent it answered 200 without a field commit'],
    ['another field', json({ sha: ours }), {}, 'silent it answered 200 without a field commit'],
    ['a list', json([ours]), {}, 'silent it answered 200 without a field commit'],
    ['a bare text', json(ours), {}, 'silent it answered 200 without a field commit'],
    [
      'what no object has of its own',
      json({}),
      { place: { path: '/', field: 'constructor' } },
      'silent it answered 200 without a field constructor',
    ],
    ['a field within another', json({ build: { commit: ours } }), nested, 'ours'],
    ['a field whose name has a dot', json({ 'build.commit': ours }), nested, 'ours'],
    ['a page', anAnswer({ status: 404, body: '<html>' }), {}, 'silent it answered 404, and what it said is no JSON'],
    ['an empty answer', anAnswer({ status: 204, body: '' }), {}, 'silent it answered 204, and what it said is no JSON'],
    ['more than is read', anAnswer(), {}, 'silent it answered 200, and it said more than is read'],
    ['a header', anAnswer({ headers: { 'x-commit': ours } }), header, 'ours'],
    ['a header of another commit', anAnswer({ headers: { 'x-commit': before } }), header, `other ${before}`],
    ['no such header', says(ours), header, 'silent it answered 200 without a header X-Commit'],
    ['a header beside a redirect', anAnswer({ status: 302, headers: { 'x-commit': ours } }), header, 'ours'],
    [
      "the edge's own answer",
      anAnswer({ status: 502, isFallback: true, body: '{}' }),
      {},
      "silent the platform's edge answered 502 for it",
    ],
    ['no answer', { kind: 'unanswered', reason: 'timeout', elapsedMs: 1 }, {}, 'silent it did not answer (timeout)'],
    [
      'what the commit before begins with too',
      says('1111111'),
      sameStart,
      'silent its field commit is 1111111, which the commit before begins with too',
    ],
    ['enough to tell it from the commit before', says('1111111a'), sameStart, 'ours'],
    ['a beginning of the commit that ran already', says('1111111'), { before: ours }, 'ours'],
  ])('with %s', (_, answer, parts, expected) => {
    const { kind, ...rest } = saidRevision(answer, { ...question, ...parts })
    expect([kind, ...Object.values(rest)].join(' ')).toBe(expected)
  })
})

/** Asks an app that gives these answers, the last one for ever. */
async function asked(
  answers: ProbeAnswer[],
  parts: Partial<RevisionQuestion> = {},
  controller = new AbortController(),
) {
  const clock = new FakeClock()
  const startedAt = clock.now()
  let probes = 0
  const probe: Probe = {
    get: async () => answers[Math.min(probes++, answers.length - 1)] ?? unanswered,
  }
  const result = await checkRevision({ ...question, ...parts }, { probe, clock, signal: controller.signal })
  return { result, probes, elapsedMs: clock.now() - startedAt }
}

describe('a service that is asked which commit it runs', () => {
  it.each<[string, ProbeAnswer[], number, number]>([
    ['at once', [says(ours)], 3, 4_000],
    ['after the old container has gone', [says(before), says(before), says(ours)], 5, 8_000],
    [
      'after old and new have answered by turns',
      [says(ours), says(before), says(ours), says(ours), says(before), says(ours)],
      8,
      14_000,
    ],
    [
      'after a page of the old one, which knew no such path',
      [anAnswer({ status: 404, body: '<html>' }), says(ours)],
      4,
      6_000,
    ],
  ])('passes when it says the right one %s', async (_, answers, probes, elapsedMs) => {
    expect(await asked(answers)).toEqual({
      result: { check: 'revision', service: 'api', outcome: 'pass' },
      probes,
      elapsedMs,
    })
  })

  it('fails when it still says another one after a while: critical, with both commits', async () => {
    const { result, probes, elapsedMs } = await asked([says(before)])
    expect(result).toEqual({
      check: 'revision',
      service: 'api',
      outcome: 'fail',
      finding: {
        code: 'revision-wrong',
        severity: 'critical',
        subject: 'api',
        message: expect.stringMatching(
          /^api says at \S+ that it runs 22222222, not 1111111a: something else answers there/,
        ),
        evidence: { url, expected: ours, said: before, probes },
        fix: expect.stringContaining('which container of api answers'),
      },
    })
    expect(elapsedMs).toBe(question.withinMs)
  })

  it('fails when the right one never makes a row', async () => {
    const turns = Array.from({ length: 20 }, () => [says(ours), says(ours), says(before)]).flat()
    expect((await asked(turns)).result).toMatchObject({ outcome: 'fail', finding: { code: 'revision-wrong' } })
  })

  it.each<[string, ProbeAnswer, string]>([
    ['does not answer', unanswered, 'it did not answer (timeout)'],
    ['answers with a page', anAnswer({ status: 404, body: '<html>' }), 'it answered 404, and what it said is no JSON'],
    ['has no such field', json({}), 'it answered 200 without a field commit'],
  ])('is unknown when it %s, and the finding says so', async (_, answer, why) => {
    const { result, elapsedMs } = await asked([answer])
    expect(result).toEqual({
      check: 'revision',
      service: 'api',
      outcome: 'unknown',
      finding: {
        code: 'revision-unknown',
        severity: 'advisory',
        subject: 'api',
        message: `Whether api runs 1111111a is not known by its own word: asked at ${url}, ${why}.`,
        evidence: { url, expected: ours, probes: 31 },
        fix: expect.stringContaining('services.api.revision'),
      },
    })
    expect(elapsedMs).toBe(question.withinMs)
  })

  it('never shows what it says in place of a commit', async () => {
    const { result } = await asked([says('sk_live_secret')])
    expect(JSON.stringify(result)).not.toContain('sk_live_secret')
  })

  it('is unknown at once where there is no way to ask', async () => {
    const { result, probes } = await asked([{ kind: 'unasked', reason: 'there is no way there' }])
    expect(probes).toBe(1)
    expect(result).toMatchObject({ outcome: 'unknown', finding: { message: expect.stringContaining('no way there') } })
  })

  it('is unknown when time is up before it has said so often enough', async () => {
    const { result } = await asked([says(ours)], { withinMs: 2_000 })
    expect(result).toMatchObject({
      outcome: 'unknown',
      finding: { message: expect.stringContaining('it said so only 2 times in a row') },
    })
  })

  it('is asked no more when the command is interrupted', async () => {
    const controller = new AbortController()
    const answer = asked([says(before)], {}, controller)
    controller.abort(new Error('interrupted'))
    await expect(answer).rejects.toThrow('interrupted')
  })
})
