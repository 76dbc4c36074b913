import { describe, expect, it } from 'vitest'
import { renderRelease, renderSetUp } from '../../src/output/human/endings.ts'
import { createStyle } from '../../src/output/style.ts'
import { aScreen } from './human-screen.ts'
import { answers, failure, release, undo } from './samples.ts'

const plain = { style: createStyle(0), columns: 80 }

describe('a release', () => {
  it('says what is live, after how long, and how to get back', () => {
    expect(
      renderRelease(release, undo, plain),
    ).toBe(`✓ production: 3 changes applied; api and worker live after 2 min 5 s. Commit
  22222222 serves, by the platform's word.
  Undo: fakturino deploy -e production --commit 1111111111111111111111111111111111111111
  It brings the code back. Variables and settings stay as they are now, and
  migrations are not undone.
`)
  })

  it.each([
    [
      'nothing to do',
      { changes: 0, services: [] },
      "✓ Nothing to do: production equals the config. Commit 22222222 serves, by the\n  platform's word.\n",
    ],
    [
      'stored only',
      { services: [] },
      "✓ production: 3 changes applied; nothing had to be deployed after 2 min 5 s.\n  Commit 22222222 serves, by the platform's word.\n",
    ],
    [
      'deployed only',
      { changes: 0 },
      "✓ production: api and worker live after 2 min 5 s. Commit 22222222 serves, by\n  the platform's word.\n",
    ],
  ])('%s', (_, parts, text) => {
    expect(renderRelease({ ...release, ...parts }, { note: 'No way back.' }, plain)).toContain(text)
  })

  it.each([
    ['all of them', ['service', 'service'], 'Commit 22222222 serves: api and worker say so themselves.'],
    [
      'one of them',
      ['service', 'platform'],
      "Commit 22222222 serves: api says so itself; of worker, the platform's word is all there is.",
    ],
    ['none of them', ['platform', 'platform'], "Commit 22222222 serves, by the platform's word."],
  ] as const)('says who says which commit serves: %s', (_, [api, worker], text) => {
    const commit = release.commit ?? ''
    const services = [
      { name: 'api', outcome: 'deployed' as const, commit, commitSaidBy: api },
      { name: 'worker', outcome: 'deployed' as const, commit, commitSaidBy: worker },
    ]
    const told = renderRelease({ ...release, services }, { note: 'No way back.' }, plain)
    expect(told.replaceAll(/\s+/g, ' ')).toContain(text)
  })

  it('that nobody waited for claims nothing, and names what was not started', () => {
    const services = [
      { name: 'api', outcome: 'started' as const },
      { name: 'worker', outcome: 'waiting' as const },
    ]
    const text = renderRelease({ ...release, verdict: 'unknown', services }, { note: 'No way back.' }, plain)
    expect(text).toBe(`▸ production: 3 changes applied; api started with commit 22222222. Nobody waits
  for it, so whether it works is not known.
! worker was not started: first api must be live. Deploy again when status says
  so.
  No way back.
`)
  })
})

describe('second ways', () => {
  it('are said after what was done, with what they could not do', () => {
    const secondWays = {
      reading: 'parts',
      history: 'denied',
      storing: 'direct',
      notStored: ['redis volume size'],
    } as const
    const told = { ...secondWays, notStored: [...secondWays.notStored] }
    expect(renderRelease({ ...release, secondWays: told }, undo, plain)).toContain(`
· Read in parts, because this token may not read the config; read without its
  history, which this token may not read; stored without a patch, because this
  token may not use any.
! Not stored, because only a patch can: redis volume size. It stays in the plan;
  set it in the dashboard, or use a token that may commit changes.
  Undo:`)
  })

  it('are no claim that everything equals the config', () => {
    const nothing = { ...release, changes: 0, services: [], secondWays: { notStored: ['redis volume size'] } }
    const text = renderRelease(nothing, undo, plain)
    expect(text).toMatch(/^! production: nothing could be stored, and nothing had to be deployed\./)
    expect(text).not.toContain('equals the config')
  })
})

describe('a first setup', () => {
  it.each([
    ['made', 3, false, '✓ Project shop is set up: staging stored. Nothing was deployed.\n'],
    ['made and deployed', 3, true, '✓ Project shop is set up: staging stored.\n'],
    ['there already', 0, false, '✓ Project shop is set up already; nothing was changed.\n'],
  ])('%s', (_, changes, isDeployed, text) => {
    const setUp = {
      project: { id: 'p', name: 'shop' },
      environments: [{ name: 'staging', changes, missingSecrets: [] }],
    }
    expect(renderSetUp(setUp, isDeployed, plain)).toBe(text)
  })

  it('of a dry run changed nothing, and says so', () => {
    expect(renderSetUp({ project: null, environments: [] }, false, plain)).toBe('· Dry run: nothing was changed.\n')
  })

  it('names each missing secret once', () => {
    const screen = aScreen()
    for (const answer of answers) if (answer.type === 'init') screen.output.answer(answer)
    expect(screen.out()).toBe(`✓ Project fakturino-production is set up: staging and production stored. Nothing
  was deployed.
! Not set yet, and no service needs them to start: PADDLE_API_KEY and
  NLB_CLIENT_SECRET. Supply with --secrets-file FILE.
Next:
  fakturino deploy -e staging
  fakturino deploy -e production
`)
  })
})

describe('a rehearsal', () => {
  it('that did not hold: step by step, with what it proved or why it failed', () => {
    const screen = aScreen()
    for (const answer of answers) if (answer.type === 'rehearsal') screen.output.answer(answer)
    expect(screen.out()).toBe(`
Rehearsal report

✓ 1. Set up an empty workspace (0.9 s, 40 requests)
     One project.
     Nothing twice.
✗ 2. Plan before the first deployment (12 s, 1 request)
     staging differs from the config right after init.
· 3. Look at what runs (not reached)

✗ The rehearsal did not hold: 2 of 3 steps, 1 min 5 s, 41 requests to the
  rehearsal platform.
`)
  })

  it('platform: where it is, its tokens, and what to run next', () => {
    const screen = aScreen()
    for (const answer of answers) if (answer.type === 'rehearsal-up') screen.output.answer(answer)
    expect(screen.out()).toBe(`✓ The rehearsal platform is up (process 4242).
  endpoint         http://127.0.0.1:4100/graphql/v2
  edge             http://127.0.0.1:4101 (send a service's domain as Host)
  account token    rehearsal_account_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  workspace token  rehearsal_workspace_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  staging token    rehearsal_project_cccccccccccccccccccccccccccccccc
Next:
  fakturino init --yes --local
  fakturino rehearse down
`)
  })

  it('platform that is down, or never was up', () => {
    const screen = aScreen()
    screen.output.answer({ type: 'rehearsal-down', wasRunning: true })
    screen.output.answer({ type: 'rehearsal-down', wasRunning: false })
    expect(screen.out()).toBe('✓ The rehearsal platform is down.\nNo rehearsal platform was running.\n')
  })
})

describe('a failure', () => {
  it('says what is wrong and what to run; a long command stands alone, so that it can be copied', () => {
    const screen = aScreen()
    screen.output.failure(failure)
    expect(screen.out()).toBe('')
    expect(screen.err()).toBe(`✗ api, worker and scheduler cannot start without APP_KEY and PADDLE_API_KEY,
  which nobody has supplied. Everything else is done.
  Put APP_KEY and PADDLE_API_KEY into a file and run:
    fakturino deploy -e production --secrets-file FILE
`)
  })

  it('is told when quiet too', () => {
    const screen = aScreen({ isQuiet: true })
    screen.output.failure(failure)
    expect(screen.err()).toMatch(/^✗ api, worker/)
  })

  it('with colour: only its sign', () => {
    const screen = aScreen({ isColoured: true })
    screen.output.failure(failure)
    expect(screen.err().startsWith('\u001b[31m✗\u001b[39m api, worker')).toBe(true)
    expect(screen.err().split('\u001b')).toHaveLength(3)
  })
})
