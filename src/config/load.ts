import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'
import { OperatorError } from '../kit/errors.ts'
import { makeDirectory } from '../kit/files.ts'
import type { Finding } from '../kit/finding.ts'
import { count, listed } from '../kit/text.ts'
import type { FakturinoConfig } from './fakturino-config.ts'
import { inspectConfig } from './inspect-config.ts'
import { loadFailure } from './load-failure.ts'

export interface LoadRequest {
  /** The directory to look from: upwards to the one with `.git`, and no further; only there when none has it. */
  from: string
  /** The file itself, relative to `from`, instead of looking for one. */
  path?: string
  /** Absolute path of the built (or source) `define`: what `import … from 'fakturino'` means in a config. */
  defineModule: string
  /** Where compiled configs are kept; made when missing, and an impossible one is ignored. */
  cacheDirectory: string
}

export interface LoadedConfig {
  config: FakturinoConfig
  path: string
  /** Advisory ones; critical ones are an error. */
  findings: Finding[]
}

const extensions = ['.ts', '.mts', '.js', '.mjs', '.json']
const fileNames = extensions.map((extension) => `fakturino.config${extension}`)

/**
 * Finds, runs and judges the config. It is code, so callers take tokens out of the environment first. Every failure is an
 * `OperatorError`: `config-not-found`, `config-unreadable`, or `config-invalid` with all findings.
 */
export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  const { path, outcome } = request.path === undefined ? await search(request) : await open(request, request.path)
  if ('thrown' in outcome) throw loadFailure(path, outcome.thrown)
  if (!('value' in outcome)) throw withoutDefaultExport(path)
  const { config, findings } = inspectConfig(outcome.value)
  // What knownIssues accept is no news, and would only hide the mistakes.
  if (config === undefined)
    throw invalid(
      path,
      findings.filter(({ evidence }) => evidence?.known !== true),
    )
  return { config, path, findings }
}

/** What running a config file came to; without either, it exported nothing by default. */
type Outcome = { value: unknown } | { thrown: unknown } | Record<string, never>

interface Opened {
  path: string
  outcome: Outcome
}

async function search(request: LoadRequest): Promise<Opened> {
  const from = resolve(request.from)
  for (const directory of upwards(from)) {
    const opened = await explore(request, directory, (explorer) => explorer.search(directory))
    if (opened !== undefined) return opened
  }
  throw new OperatorError({
    kind: 'usage',
    code: 'config-not-found',
    message: `There is no fakturino.config.ts in ${from}, nor above it up to the repository's root.`,
    hint: 'Run this in the repository that holds it, or name the file with --config PATH.',
  })
}

async function open(request: LoadRequest, named: string): Promise<Opened> {
  const path = resolve(request.from, named)
  if (!existsSync(path)) {
    throw new OperatorError({
      kind: 'usage',
      code: 'config-not-found',
      message: `There is no file ${path}.`,
      hint: 'Check the path behind --config.',
    })
  }
  if (!extensions.includes(extname(path))) {
    throw new OperatorError({
      kind: 'usage',
      code: 'config-unreadable',
      message: `${path} is not a kind of file that a config can be: ${listed(extensions, 'or')}.`,
      hint: 'Name a file such as fakturino.config.ts with --config PATH.',
    })
  }
  return (await explore(request, path, (explorer) => explorer.load(path))) ?? { path, outcome: {} }
}

/** Asks cosmiconfig; whatever it throws by itself is about `place`. */
async function explore(
  request: LoadRequest,
  place: string,
  ask: (explorer: ConfigExplorer) => Promise<Found | null>,
): Promise<Opened | undefined> {
  try {
    const found = await ask(await configExplorer(request))
    return found === null ? undefined : { path: found.filepath, outcome: found.isEmpty === true ? {} : found.config }
  } catch (error) {
    throw loadFailure(place, error)
  }
}

/** From a directory up to the repository's root. */
function upwards(from: string): string[] {
  const directories = [from]
  for (let here = from; !existsSync(join(here, '.git')); ) {
    const above = dirname(here)
    if (above === here) return [from]
    directories.push(above)
    here = above
  }
  return directories
}

/**
 * A library that is CommonJS, loaded as such and only when it is asked for: imported, Node would first read the whole of it for
 * the names that it exports, which takes longer than running it.
 */
function required<Library>(name: string): Library {
  return createRequire(import.meta.url)(name) as Library
}

interface ConfigExplorer {
  search(directory: string): Promise<Found | null>
  load(path: string): Promise<Found | null>
}

interface Found {
  filepath: string
  config: Outcome
  isEmpty?: boolean
}

/**
 * Looks in one directory at a time: cosmiconfig's own way upwards ends in the user's home and the global configuration. Its
 * loaders return what was thrown instead of throwing it: cosmiconfig takes an ENOENT from inside a config for a missing config,
 * and fails on thrown strings.
 */
async function configExplorer(request: LoadRequest): Promise<ConfigExplorer> {
  const { cosmiconfig } = required<typeof import('cosmiconfig')>('cosmiconfig')
  const run = (path: string) => outcomeOf(() => runModule(path, request))
  return cosmiconfig('fakturino', {
    searchPlaces: fileNames,
    searchStrategy: 'none',
    cache: false,
    ignoreEmptySearchPlaces: false,
    loaders: {
      '.ts': run,
      '.mts': run,
      '.js': run,
      '.mjs': run,
      '.json': (_path: string, text: string) => outcomeOf(async () => ({ value: JSON.parse(text) })),
    },
  })
}

async function outcomeOf(read: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await read()
  } catch (thrown) {
    return { thrown }
  }
}

async function runModule(path: string, { defineModule, cacheDirectory }: LoadRequest): Promise<Outcome> {
  // Left to jiti, an impossible directory is tried for ever, and synchronously: no signal would end that.
  const hasCache = await makeDirectory(cacheDirectory).then(
    () => true,
    () => false,
  )
  if (!hasCache) return evaluate(path, defineModule, false)
  try {
    return await evaluate(path, defineModule, cacheDirectory)
  } catch (error) {
    // A disk that is full lets a directory be made and no file be written. A config that throws this itself does so again.
    if (error instanceof Error && 'syscall' in error) return evaluate(path, defineModule, false)
    throw error
  }
}

async function evaluate(path: string, defineModule: string, fsCache: string | false): Promise<Outcome> {
  const { createJiti } = required<typeof import('jiti')>('jiti')
  const jiti = createJiti(path, {
    alias: { fakturino: defineModule },
    fsCache,
    moduleCache: false,
    // The namespace as it is: with interop, a module without a default export would count as its own default.
    interopDefault: false,
  })
  const namespace: unknown = await jiti.import(path)
  if (typeof namespace !== 'object' || namespace === null || !('default' in namespace)) return {}
  return { value: namespace.default }
}

function withoutDefaultExport(path: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'config-unreadable',
    message: `${path} has no default export, so it describes nothing.`,
    hint: 'Write: export default defineConfig({ ... })',
  })
}

function invalid(path: string, findings: Finding[]): OperatorError {
  const mistakes = findings.filter(({ severity }) => severity === 'critical')
  return new OperatorError({
    kind: 'usage',
    code: 'config-invalid',
    message: `${path} has ${count(mistakes.length, 'mistake')}, so nothing was read from the platform or changed there.`,
    hint: 'Correct what is listed and run the same command again.',
    findings,
  })
}
