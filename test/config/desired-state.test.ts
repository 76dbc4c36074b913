// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are references as Railway writes them
import { describe, expect, test } from 'vitest'
import { perEnvironment, privateDomain, publicDomain, secret, url } from '../../src/config/define.ts'
import { desiredState } from '../../src/config/desired-state.ts'
import type { AppService, FakturinoConfig } from '../../src/config/fakturino-config.ts'
import { OperatorError } from '../../src/kit/errors.ts'
import { smallConfig } from './small-config.ts'

/** The small config with the web service changed. */
function withWeb(changes: Partial<AppService>): FakturinoConfig {
  const config = smallConfig()
  const services = Object.entries(config.services).map(([name, one]) =>
    name === 'web' && one.kind === 'app' ? [name, { ...one, ...changes }] : [name, one],
  )
  return { ...config, services: Object.fromEntries(services) }
}

function service(config: FakturinoConfig, environment: string, name: string) {
  const found = desiredState(config, environment).services.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no service ${name}`)
  return found
}

function text(value: string) {
  return { kind: 'text', value }
}

describe('an environment', () => {
  test('is protected only where the config says so', () => {
    expect(desiredState(smallConfig(), 'staging').environment).toEqual({
      name: 'staging',
      protected: false,
      validates: 'production',
    })
    expect(desiredState(smallConfig(), 'production').environment).toEqual({ name: 'production', protected: true })
  })

  test('that the config does not name is refused, with the known ones and the nearest', () => {
    const attempt = () => desiredState(smallConfig(), 'prodution')
    expect(attempt).toThrow(OperatorError)
    expect(attempt).toThrow(
      expect.objectContaining({
        kind: 'usage',
        code: 'unknown-environment',
        message: "The config has no environment 'prodution'; it has staging and production.",
        hint: 'Did you mean -e production?',
      }),
    )
  })

  test.each(['constructor', '__proto__', 'toString'])('is not named %s by accident', (name) => {
    expect(() => desiredState(smallConfig(), name)).toThrow(expect.objectContaining({ code: 'unknown-environment' }))
  })

  test('gives its custom domain to the service and to every url of it', () => {
    const config = withWeb({ variables: { APP_URL: url(publicDomain()), HOST: publicDomain('web') } })
    const there = service(config, 'production', 'web')
    expect(there.domain).toEqual({ targetPort: 8080, custom: 'shop.example.com' })
    expect(there.variables).toMatchObject({
      APP_URL: text('https://shop.example.com'),
      HOST: text('shop.example.com'),
    })
    const here = service(config, 'staging', 'web')
    expect(here.domain).toEqual({ targetPort: 8080 })
    expect(here.variables).toMatchObject({ APP_URL: text('https://${{RAILWAY_PUBLIC_DOMAIN}}') })
  })

  test('has its own value where there is one each', () => {
    const config = withWeb({ variables: { MODE: perEnvironment({ staging: 'test', production: secret('APP_KEY') }) } })
    expect(service(config, 'staging', 'web').variables.MODE).toEqual(text('test'))
    expect(service(config, 'production', 'web').variables.MODE).toEqual({ kind: 'secret', secret: 'APP_KEY' })
  })

  test('builds from its own branch', () => {
    const config = smallConfig()
    const environments = { ...config.environments, staging: { branch: 'next' } }
    const web = service({ ...config, environments }, 'staging', 'web')
    expect(web.settings).toMatchObject({ repo: 'acme/shop', branch: 'next' })
    expect(web.codebase).toBe('acme/shop#next')
  })
})

describe('services', () => {
  test('come in the order of deployment: databases, what migrates, what shares its code', () => {
    const { services } = desiredState(smallConfig(), 'production')
    expect(services.map(({ name, level }) => [name, level])).toEqual([
      ['postgres', 0],
      ['redis', 0],
      ['web', 1],
      ['worker', 2],
    ])
  })

  test('that are pending are named apart', () => {
    expect(desiredState(smallConfig(), 'production').pending).toEqual([{ name: 'assistant', reason: 'next month' }])
  })

  test('have every setting that the config names, and no other', () => {
    const config = withWeb({
      source: { repository: 'acme/web', branch: 'stable' },
      preDeploy: ['one', 'two'],
      healthcheck: { path: '/up', deployTimeout: '1500ms', status: 204 },
      restart: 'on-failure',
      restartRetries: 3,
      replicas: 2,
      region: 'europe-west4',
      volume: { mountPath: '/files', size: '2GB' },
      autoDeploy: true,
      variables: {},
    })
    expect(service(config, 'production', 'web')).toEqual({
      name: 'web',
      kind: 'app',
      settings: {
        repo: 'acme/web',
        branch: 'stable',
        buildCommand: 'make',
        preDeploy: ['one', 'two'],
        startCommand: 'serve',
        healthcheckPath: '/up',
        healthcheckTimeoutSeconds: 2,
        restartPolicy: 'on-failure',
        restartRetries: 3,
        replicas: 2,
        region: 'europe-west4',
      },
      variables: { PORT: text('8080'), FEATURE_MAIL: text('false') },
      volume: { mountPath: '/files', sizeMB: 2048 },
      domain: { targetPort: 8080, custom: 'shop.example.com' },
      autoDeploy: true,
      codebase: 'acme/web#stable',
      level: 0,
      liveness: { path: '/up', status: 204 },
    })
    expect(service(withWeb({ variables: {} }), 'staging', 'worker').settings).toEqual({
      repo: 'acme/shop',
      branch: 'main',
      buildCommand: 'make',
      startCommand: 'php artisan queue:work --queue=default,mail',
    })
  })

  test('from an image have no codebase and nothing that a push could deploy', () => {
    const image = service(withWeb({ source: { image: 'tool:1' } }), 'staging', 'web')
    expect(image.settings).toMatchObject({ image: 'tool:1' })
    expect(image.settings).not.toHaveProperty('repo')
    expect(image).not.toHaveProperty('codebase')
    expect(image).not.toHaveProperty('autoDeploy')
  })

  test('say over their domain which commit they run, where the config knows how', () => {
    const revision = { path: '/version', field: 'build.commit' }
    expect(service(withWeb({ revision }), 'staging', 'web')).toMatchObject({ revision })
    expect(service(withWeb({}), 'staging', 'web')).not.toHaveProperty('revision')
    expect(service(withWeb({ revision, domain: false }), 'staging', 'web')).not.toHaveProperty('revision')
  })

  test('without a domain are not asked for their health from outside', () => {
    expect(service(withWeb({ domain: false }), 'staging', 'web')).not.toHaveProperty('liveness')
    expect(service(withWeb({ domain: false }), 'production', 'web')).not.toHaveProperty('domain')
  })

  test('reach each other at a private url with the port of the other', () => {
    const config = withWeb({})
    const worker: AppService = { kind: 'app', variables: { WEB: url(privateDomain('web')) } }
    const changed = { ...config, services: { ...config.services, worker } }
    expect(service(changed, 'staging', 'worker').variables.WEB).toEqual(
      text('http://${{web.RAILWAY_PRIVATE_DOMAIN}}:8080'),
    )
  })

  test('may add to the variables of a database', () => {
    const config = smallConfig()
    const services: FakturinoConfig['services'] = {
      ...config.services,
      main: { kind: 'postgres', version: '15', storage: '1GB', variables: { SSL_CERT_DAYS: '30', EXTRA: 'x' } },
    }
    expect(service({ ...config, services }, 'staging', 'main').variables).toMatchObject({
      SSL_CERT_DAYS: text('30'),
      EXTRA: text('x'),
      PGPORT: text('5432'),
      POSTGRES_PASSWORD: { kind: 'secret', secret: 'MAIN_PASSWORD' },
    })
  })
})

describe('secrets and flags', () => {
  test('a secret is held by those that use it; databases bring their own passwords', () => {
    expect(desiredState(smallConfig(), 'staging').secrets).toEqual([
      { name: 'APP_KEY', generate: 'laravel-key', services: ['web', 'worker'], requiredBy: ['web', 'worker'] },
      {
        name: 'POSTGRES_PASSWORD',
        generate: 'letters',
        services: ['postgres'],
        requiredBy: ['postgres'],
        purpose: 'password of postgres',
      },
      {
        name: 'REDIS_PASSWORD',
        generate: 'letters',
        services: ['redis'],
        requiredBy: ['redis'],
        purpose: 'password of redis',
      },
    ])
  })

  test('a secret that only a pending service holds is not wanted yet', () => {
    const config = smallConfig()
    const services: FakturinoConfig['services'] = {
      ...config.services,
      assistant: { kind: 'app', status: 'pending', reason: 'x', variables: { TOKEN: secret('TOKEN') } },
    }
    const secrets = { ...config.secrets, TOKEN: { generate: 'hex' as const, requiredBy: ['assistant'] } }
    const names = desiredState({ ...config, services, secrets }, 'staging').secrets.map(({ name }) => name)
    expect(names).not.toContain('TOKEN')
  })

  test('a flag is a variable of the built services that read it, at the value a new environment starts with', () => {
    const config = smallConfig()
    const mail = { variable: 'FEATURE_MAIL', default: false, riskyValue: true, sections: [] }
    const flags = { mail: { ...mail, services: ['web', 'assistant'] } }
    const state = desiredState({ ...config, flags }, 'staging')
    expect(state.flags).toEqual([
      { name: 'mail', variable: 'FEATURE_MAIL', default: 'false', riskyValue: 'true', services: ['web'] },
    ])
    const readers = state.services.filter(({ variables }) => 'FEATURE_MAIL' in variables)
    expect(readers.map(({ name, variables }) => [name, variables.FEATURE_MAIL])).toEqual([
      ['web', { kind: 'text', value: 'false' }],
    ])
  })

  test('the config itself is left as it was', () => {
    const config = smallConfig()
    desiredState(config, 'production')
    expect(config).toEqual(smallConfig())
  })
})
