import { expect, it } from 'vitest'
import { type PrintedStream, runProcess } from '../../src/kit/run-process.ts'
import { FakeClock } from '../support/fake-clock.ts'

// Real processes: two, because nothing else shows what reaches one.

const awkward = ['two words', `"double" and 'single'`, '$(id) `id` $HOME', 'two\nlines', '-dash', '--', '*', '']

function running(script: string, { argv = [] as string[], signal = new AbortController().signal, onText = () => {} }) {
  const told: Record<PrintedStream, string> = { stdout: '', stderr: '' }
  const clock = new FakeClock()
  const ending = runProcess({
    program: process.execPath,
    argv: ['-e', script, '--', ...argv],
    env: { ONLY: 'this' },
    clock,
    signal,
    tell: async (stream, text) => {
      told[stream] += text
      onText()
    },
  })
  return { told, clock, ending }
}

it('hands over arguments and environment as they are, and tells both streams and the exit code', async () => {
  const script =
    'console.log(JSON.stringify([process.argv.slice(1), process.env])); console.error("é"); process.exitCode = 7'
  const { told, ending } = running(script, { argv: awkward })
  expect(await ending).toEqual({ kind: 'exited', code: 7 })
  const [argv, env] = JSON.parse(told.stdout)
  expect(argv).toEqual(awkward)
  expect(env).toEqual({ ONLY: 'this' })
  expect(told.stderr).toBe('é\n')
  const request = { argv: [], env: { PATH: '' }, clock: new FakeClock(), tell: async () => {} }
  const missing = runProcess({ ...request, program: 'no-such-program', signal: new AbortController().signal })
  expect(await missing).toEqual({ kind: 'not-found' })
})

it('is asked to end when it is stopped, and killed when it does not go', { timeout: 20_000 }, async () => {
  const stop = new AbortController()
  const script = 'process.on("SIGTERM", () => console.log("no")); setInterval(() => {}, 1e6); console.log("up")'
  let words = 0
  const { told, clock, ending } = running(script, {
    signal: stop.signal,
    onText: () => {
      words += 1
      if (words === 1) stop.abort(new Error('enough'))
      else clock.advance(5_000)
    },
  })
  await expect(ending).rejects.toThrow('enough')
  expect(told.stdout).toBe('up\nno\n')
})
