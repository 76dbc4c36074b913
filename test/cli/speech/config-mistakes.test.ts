import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { expectFailure } from '../../support/expect-failure.ts'
import { aStage } from '../../support/stage.ts'
import { shippedConfig } from '../outcomes/deployed-stage.ts'

/** A config that describes little and is right; `parts` replace what stands at its top. */
function aConfig(parts: Record<string, string> = {}): string {
  const all = {
    project: "{ name: 'shop' }",
    repository: "'acme/shop'",
    databaseEngine: "'postgres'",
    environments: "{ staging: { branch: 'main' }, production: { branch: 'main', protected: true } }",
    services: `{ web: ${web()} }`,
    ...parts,
  }
  const lines = Object.entries(all).map(([name, text]) => `  ${name}: ${text},`)
  return `export default {\n${lines.join('\n')}\n}\n`
}

function web(more = ''): string {
  return `{ kind: 'app', build: 'make', start: 'serve', healthcheck: { path: '/up' }, domain: true, port: 8080, ${more} }`
}

const fiveMistakes = aConfig({
  projct: "{ name: 'shop' }",
  databaseEngine: "'postgress'",
  environments: "{ staging: { branch: 'main', protectd: true } }",
  services: `{ web: ${web("variables: { KEY: { kind: 'reference', service: 'wbe', variable: 'X' } }, replicas: 'two'")} }`,
})
const paths = [
  'projct',
  'databaseEngine',
  'environments.staging.protectd',
  'services.web.variables.KEY',
  'services.web.replicas',
]

describe('a config with five mistakes', () => {
  it.each([['plan'], ['deploy', '-e', 'staging', '--yes'], ['init', '--yes']])(
    '%s reports all five at once, with their paths, and asks the platform nothing',
    async (...argv) => {
      const stage = await aStage()
      await stage.useConfig(fiveMistakes)
      const { human, document } = await expectFailure(stage, argv, {
        exitCode: 64,
        kind: 'usage',
        code: 'config-invalid',
        says: /fakturino\.config\.ts has 5 mistakes, so nothing was read from the platform or changed there/,
        next: /Correct what is listed and run the same command again/,
      })
      for (const path of paths) expect(human).toContain(path)
      expect(document.findings).toHaveLength(5)
      for (const path of paths) {
        expect(document.findings).toContainEqual({
          code: expect.stringMatching(/^[a-z-]+$/),
          severity: 'critical',
          subject: path,
          message: expect.stringMatching(/^[A-Z'].*\.$/),
          ...(hasFix(document, path) ? { fix: expect.any(String) } : {}),
        })
      }
      expect(stage.platform.requests).toHaveLength(0)
    },
  )

  it('names what was probably meant', async () => {
    const stage = await aStage()
    await stage.useConfig(fiveMistakes)
    const { stderr } = await stage.run(['plan'])
    for (const nearest of ['project', 'postgres', 'protected', 'web']) expect(stderr).toContain(nearest)
  })

  it('does not keep status from working', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    await stage.useConfig(fiveMistakes)
    const argv = ['status', '-e', 'staging', '--project', 'fakturino-production']
    const human = await stage.run(argv)
    expect(human.exitCode).toBe(0)
    expect(human.stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /The config has 5 mistakes\. The first is \S+: .*\. Going on without a config\./,
    )
    expect(human.stderr).not.toContain('nothing was read')
    const json = await stage.run([...argv, '--json'])
    expect(json.documents).toHaveLength(1)
    expect(json.documents[0]).toMatchObject({ type: 'status', environment: 'staging', pending: [] })
  })
})

describe('a config that cannot be used', () => {
  it.each([
    ['is no TypeScript', 'export default {\n  project: {\n', 'config-unreadable', /cannot be read/, /Correct/],
    [
      'throws',
      "throw new Error('no network here')\nexport default {}",
      'config-unreadable',
      /no network here/,
      /Correct/,
    ],
    ['throws text', "throw 'nothing'\nexport default {}", 'config-unreadable', /threw 'nothing'/, /remove what throws/],
    [
      'exports nothing by default',
      'export const config = {}',
      'config-unreadable',
      /no default export/,
      /export default defineConfig/,
    ],
    [
      'imports what is not there',
      "import x from 'left-pad-of-nobody'\nexport default x",
      'config-unreadable',
      /imports 'left-pad-of-nobody'/,
      /install the package/,
    ],
    ['has no environment', aConfig({ environments: '{}' }), 'config-invalid', /1 mistake/, /Correct what is listed/],
    [
      'gives two services one domain',
      aConfig({
        environments:
          "{ staging: { branch: 'main', domains: { web: 'shop.example.com', admin: 'shop.example.com' } } }",
        services: `{ web: ${web()}, admin: ${web()} }`,
      }),
      'config-invalid',
      /1 mistake/,
      /Correct what is listed/,
    ],
  ])('it %s', async (_, text, code, says, next) => {
    const stage = await aStage()
    await stage.useConfig(text)
    await expectFailure(stage, ['plan'], { exitCode: 64, kind: 'usage', code, says, next })
    expect(stage.platform.requests).toHaveLength(0)
  })

  it('two services with one domain are both named', async () => {
    const stage = await aStage()
    await stage.useConfig(
      aConfig({
        environments:
          "{ staging: { branch: 'main', domains: { web: 'shop.example.com', admin: 'shop.example.com' } } }",
        services: `{ web: ${web()}, admin: ${web()} }`,
      }),
    )
    const { documents, stderr } = await stage.run(['deploy', '-e', 'staging', '--json'])
    expect(documents[0]).toMatchObject({ findings: [{ code: 'domain-taken', severity: 'critical' }] })
    const told = JSON.stringify(documents[0])
    for (const part of ['web', 'admin', 'shop.example.com']) expect(told).toContain(part)
    expect(stderr).toBe('')
  })

  it('hides nothing of a broken config from status: without --project it says what is missing', async () => {
    const stage = await aStage()
    await stage.useConfig('export default {')
    const { human } = await expectFailure(stage, ['status', '-e', 'staging'], {
      exitCode: 64,
      kind: 'usage',
      code: 'project-missing',
      says: /Without a config nothing says which project this is about/,
      next: /--project/,
    })
    expect(human.replaceAll(/\s+/g, ' ')).toContain('Unexpected token. Going on without a config.')
  })

  it('and that was named with --config, but is not there, is said also by what goes on without one', async () => {
    const stage = await aStage()
    await stage.run(['init', '--yes'])
    await stage.useConfig('export default {}')
    await rm(join(stage.stateDirectory, 'fakturino.config.ts'))
    const { exitCode, stderr } = await stage.run(['status', '-e', 'staging', '--project', 'fakturino-production'])
    expect(exitCode).toBe(0)
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /There is no file \S+fakturino\.config\.ts\. Going on without a config\./,
    )
  })
})

describe('the example repository of the shipped config', () => {
  it('is refused where something would be changed on Railway, and only said where it is read', async () => {
    const stage = await aStage()
    await expectFailure(
      stage,
      ['deploy', '-e', 'staging', '--yes'],
      {
        exitCode: 64,
        kind: 'usage',
        code: 'config-invalid',
        says: /is still the example's, and Railway could build nothing from it. Nothing was changed/,
        next: /fakturino rehearse/,
      },
      { isRemote: true, env: { RAILWAY_API_TOKEN: 'not-a-rehearsal-token' } },
    )
  })
})

function hasFix({ findings }: Record<string, unknown>, path: string): boolean {
  return Array.isArray(findings) && findings.some((finding) => finding.subject === path && finding.fix !== undefined)
}

describe('a config with a mistake and known issues', () => {
  it('tells the mistake, and not what the known issues accept', async () => {
    const stage = await aStage()
    await stage.useConfig(await shippedConfig({ "restart: 'always'": "restart: 'allways'" }))
    const { stderr } = await stage.run(['plan'])
    expect(stderr).toMatch(/services\.worker\.restart: Must be/)
    expect(stderr).not.toContain('Known:')
    const { documents } = await stage.run(['plan', '--json'])
    expect(documents).toMatchObject([{ code: 'config-invalid' }])
    expect(JSON.stringify(documents)).not.toContain('services.redis.eviction')
  })
})
