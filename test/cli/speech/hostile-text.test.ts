import { describe, expect, it } from 'vitest'
import { meddle } from '../../support/meddle.ts'
import { aStage, type RunOptions, repository, type Stage } from '../../support/stage.ts'

/** An escape sequence, a C1 control, a bidi override, a zero-width space and a line break, with words to find it by. */
const hostile = '\u001b[2J\u001b]0;owned\u0007evil\u009b31m\u202etxt\u200bnasty\r\nfake: line'
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

const readings = [
  ['status', '-e', 'staging'],
  ['history', '-e', 'staging'],
  ['history', '-e', 'staging', '--markdown'],
  ['plan', '-e', 'staging'],
  ['plan', '-e', 'staging', '-v'],
  ['deploy', '-e', 'staging', '--yes'],
  ['deploy', '-e', 'production', '--dry-run'],
  ['init', '--yes'],
  ['logs', '-e', 'staging'],
  ['logs', '-e', 'staging', '--errors'],
]

describe('text from elsewhere never reaches the terminal as it is', () => {
  it.each(readings)('%s %s %s: names, domains, variables and images that somebody made', async (...argv) => {
    const stage = await aHostileProject()
    await expectClean(stage, argv)
  })

  it('an incident of the platform', async () => {
    const stage = await aHostileProject()
    await meddle(stage, (_, body) => body.replace(/"platformStatus":\{[^}]*\}/, () => incident))
    const { stdout } = await expectClean(stage, ['status', '-e', 'staging'])
    expect(stdout).toMatch(/trouble of its own: .*evil/s)
  })

  it.each(['plan', 'status', 'deploy', 'init'])('the error of the platform, in %s', async (command) => {
    const stage = await aHostileProject()
    const body = JSON.stringify({ errors: [{ message: `no: ${hostile}` }] })
    stage.platform.onRequest(() => ({ kind: 'answer', status: 200, body }))
    const argv = command === 'init' ? ['init', '--yes'] : [command, '-e', 'staging', '--yes']
    const { stderr } = await expectClean(stage, command === 'plan' || command === 'status' ? argv.slice(0, -1) : argv)
    expect(stderr).toContain('evil')
  })

  it('what a service says, what it throws, and what was asked for', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    await stage.run(['deploy', '-e', 'staging', '--yes'])
    const { world } = stage.platform
    const message = `[2025-12-12 17:34:42] production.ERROR: ${hostile} {"exception":"[object] (Evil${hostile}(code: 0): x at /a.php:1)"}`
    world.write(world.environmentNamed('staging').id, world.serviceNamed('api').id, [
      { message: JSON.stringify({ message: hostile, level: 'error', [hostile]: hostile }) },
      { message },
      { message: '\u001b]52;c;ZWNobyBvd25lZA==\u0007$ rm -rf /' },
    ])
    for (const option of [[], ['--errors'], ['--grep', hostile], ['--deployment', hostile]]) {
      await expectClean(stage, ['logs', '-e', 'staging', ...option])
    }
    const { stdout } = await stage.run(['logs', '-e', 'staging', '--json'])
    expect(stdout).toContain('evil')
    const said = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(said).toContainEqual(expect.objectContaining({ message: hostile, fields: { [hostile]: hostile } }))
    expect(said).toContainEqual(expect.objectContaining({ message: '\u001b]52;c;ZWNobyBvd25lZA==\u0007$ rm -rf /' }))
  })

  it('why a patch could not be applied', async () => {
    const stage = await aStage()
    await meddle(stage, (operation, body) =>
      operation === 'ReadPatch'
        ? body.replace('"lastAppliedError":null', () => `"lastAppliedError":${JSON.stringify(hostile)}`)
        : body,
    )
    const { stderr, exitCode } = await expectClean(stage, ['init', '--yes'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/could not apply the stored changes: .*evil/s)
  })

  it('why a deployment failed', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    stage.platform.world.push(repository, 'main', { behaviour: 'failing-migration' })
    await meddle(stage, (_, body) =>
      body.replaceAll(/"error":"(?:[^"\\]|\\.)*exited with code 1"/g, () => `"error":${JSON.stringify(hostile)}`),
    )
    const { stderr, exitCode } = await expectClean(stage, ['deploy', '-e', 'staging', '--yes'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('evil')
  })

  it('what was typed on the command line', async () => {
    for (const argv of [
      ['plan', '-e', hostile],
      ['plan', '--timeout', hostile],
      ['plan', '--commit', hostile],
      ['deploy', '-e', 'staging', hostile],
      [`deploy${hostile}`],
      ['plan', `--${hostile}`],
      ['init', '--yes', '--secrets-file', hostile],
      ['init', '--yes', '--workspace', hostile],
      ['status', '--project', hostile, '-e', 'staging'],
      ['rehearse', 'up', '--port', hostile],
      ['deploy', '-e', 'staging', '--yes', '--reason', hostile],
    ]) {
      await expectClean(await aStage(), argv)
    }
  })

  it('a config that throws it, and the notice about one that status goes on without', async () => {
    const stage = await aHostileProject()
    await stage.useConfig(`throw new Error(${JSON.stringify(hostile)})`)
    await expectClean(stage, ['plan'])
    const { stderr } = await expectClean(stage, ['status', '-e', 'staging', '--project', 'fakturino-production'])
    expect(stderr).toContain('evil')
  })
})

/** Staging deployed, then disturbed: another service, domains, variables and images with hostile names. */
async function aHostileProject(): Promise<Stage> {
  const stage = await aStage()
  await stage.run(['init', '--yes'])
  await stage.run(['deploy', '-e', 'staging', '--yes'])
  const { world } = stage.platform
  const project = world.projectNamed('fakturino-production')
  const environment = world.environmentNamed('staging')
  const stranger = world.addService(project.id, hostile, { source: { image: `evil/${hostile}` } })
  const api = world.serviceNamed('api')
  world.setVariable(environment.id, api.id, `NAME_${hostile}`, hostile, { skipDeploys: true })
  world.setVariable(environment.id, stranger.id, 'X', hostile, { skipDeploys: true })
  world.stage(environment.id, { services: { [stranger.id]: { deploy: { startCommand: hostile } } } })
  world.commit(
    environment.id,
    { services: { [api.id]: { deploy: { startCommand: `serve ${hostile}` } } } },
    { message: hostile, skipDeploys: true },
  )
  const instance = environment.instances.get(api.id)
  instance?.domains.push({
    id: 'hostile',
    domain: hostile,
    kind: 'custom',
    environmentId: environment.id,
    serviceId: api.id,
    targetPort: 8080,
  })
  stage.clock.advance(10_000)
  return stage
}

async function expectClean(stage: Stage, argv: string[], options: RunOptions = {}) {
  const human = await stage.run(argv, options)
  for (const text of [human.stdout, human.stderr]) {
    expect(text).not.toMatch(raw)
    expect(text).not.toMatch(/^fake: line/m)
  }
  const json = await stage.run([...argv, '--json'], options)
  expect(json.stdout).not.toMatch(raw)
  expect(json.stderr).not.toMatch(raw)
  return human
}

const incident = `"platformStatus":${JSON.stringify({ isStable: false, incident: { id: '1', message: hostile, url: hostile } })}`
