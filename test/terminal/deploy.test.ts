import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastStringWidth from 'fast-string-width'
import { expect, it, onTestFinished } from 'vitest'
import { rehearsalAddressFile } from '../../src/cli/access.ts'
import { wallClock } from '../../src/kit/clock.ts'
import { aStoredStage, services } from '../cli/outcomes/deployed-stage.ts'
import { isColoured, type PtyScreen, ptyScreen, writtenLines } from '../support/pty-screen.ts'

// The built program at a real terminal: few, because each takes as long as a deploy does.

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Deploys of all services, with time to wait for them twice over. */
const patient = { timeout: 120_000 }

/** A first deploy of staging, at a terminal of so many columns. */
async function aDeploy(columns: number, env: Record<string, string> = {}): Promise<PtyScreen> {
  const timing = { buildMs: 300, preDeployMs: 200, startMs: 200 }
  const { platform, stateDirectory } = await aStoredStage({ clock: wallClock, timing })
  await writeFile(join(stateDirectory, rehearsalAddressFile), JSON.stringify(platform.address))
  const argv = ['deploy', '-e', 'staging', '--yes', '--local', '--state', stateDirectory]
  const screen = ptyScreen(
    process.execPath,
    [join(root, 'bin/fakturino.js'), ...argv, '--config', join(root, 'fakturino.config.ts')],
    { columns, cwd: stateDirectory, env: { PATH: process.env.PATH ?? '', HOME: stateDirectory, ...env } },
  )
  onTestFinished(() => screen.close())
  return screen
}

/** What a person reads, in one line. */
function text(screen: PtyScreen): string {
  return screen.lines().join(' ').replaceAll(/\s+/g, ' ')
}

/** Everything that has to stay readable, once each. */
function expectWholeReport(screen: PtyScreen): void {
  const all = text(screen)
  const facts = [
    'Project fakturino-production, environment staging (REHEARSAL)',
    'Approved by --yes: deploy to staging.',
    ...services.flatMap((service) => [`▸ ${service} deploying`, `✓ ${service} live after`]),
    '✓ api answers https://',
    '(3 times in a row)',
    '✓ staging: postgres, redis, api, worker and scheduler live after',
    "Commit 11111111 serves, by the platform's word.",
    'There is no commit before this one to go back to.',
  ]
  expect(
    facts.filter((fact) => all.split(fact).length !== 2),
    all,
  ).toEqual([])
}

/** Nothing is wider than the terminal, but a word that is to be copied. */
function expectFitting(screen: PtyScreen, columns: number): void {
  const wide = writtenLines(screen.written()).filter((line) => fastStringWidth(line) > columns)
  expect(wide.filter((line) => /\S\s+\S/.test(line.replace(/^\s*\S /, '')))).toEqual([])
}

it('at 80 and at 40 columns the whole run is readable, with colour and without', patient, async () => {
  const wide = await aDeploy(80)
  const narrow = await aDeploy(40, { NO_COLOR: '1' })
  for (const [screen, columns] of [
    [wide, 80],
    [narrow, 40],
  ] as const) {
    expect(await screen.ended()).toBe(0)
    expectWholeReport(screen)
    expectFitting(screen, columns)
    // Something moved, and the cursor is back.
    expect(screen.written()).toContain('\u001b[?25l')
    expect(screen.isCursorShown()).toBe(true)
  }
  expect([wide, narrow].map((screen) => isColoured(screen.written()))).toEqual([true, false])
})

it('nothing is lost when the window is made narrower and wider in the middle of it', patient, async () => {
  const screen = await aDeploy(80)
  await screen.until('api deploying')
  screen.resize(40)
  await screen.until('api live')
  await screen.until(/watching api for/)
  screen.resize(100)
  await screen.until('worker live')
  screen.resize(60)
  expect(await screen.ended()).toBe(0)
  expectWholeReport(screen)
  expect(screen.isCursorShown()).toBe(true)
})

it('Ctrl-C in the middle of it leaves a usable terminal, and ends with 130', patient, async () => {
  const screen = await aDeploy(80)
  await screen.until(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] api /)
  expect(screen.isCursorShown()).toBe(false)
  screen.type('\u0003')
  expect(await screen.ended()).toBe(130)
  expect(text(screen)).toContain('Interrupted. What was asked of the platform before that was carried out')
  expect(screen.isCursorShown()).toBe(true)
  expectFitting(screen, 80)
})
