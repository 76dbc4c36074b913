import { OperatorError } from '../kit/errors.ts'

/** Commands that only look. Whatever is not here may change something: what an app adds is not known. */
const reading = [
  'about',
  'channel:list',
  'config:show',
  'db:show',
  'db:table',
  'env',
  'event:list',
  'help',
  'inspire',
  'list',
  'migrate:status',
  'model:show',
  'queue:failed',
  'queue:monitor',
  'route:list',
  'schedule:list',
]

/** Commands that throw data away, whatever they are told. */
const destructive = ['migrate:fresh', 'migrate:refresh', 'migrate:reset', 'db:wipe']

/** Commands that write or remove what a container makes for itself when it starts. */
const caching = [
  'config:cache',
  'config:clear',
  'route:cache',
  'route:clear',
  'view:cache',
  'view:clear',
  'event:cache',
  'event:clear',
  'optimize',
  'optimize:clear',
  'clear-compiled',
]

/** What is known of an artisan command before it is run. */
export interface ArtisanCommand {
  /** The first word that is no option: fit to be told, while the rest may hold anything. */
  name: string
  changes: boolean
}

/** Judges the words behind `artisan --`. Throws `command-refused` for what must not be run in a container that serves. */
export function judgeArtisan(words: readonly string[]): ArtisanCommand {
  // An option before the name may have a value or not, which only artisan knows: then any word may be the name.
  const isNameFirst = words[0]?.startsWith('-') === false
  const names = isNameFirst ? words.slice(0, 1) : words.filter((word) => !word.startsWith('-'))
  for (const name of names) {
    if (destructive.some((command) => mayMean(name, command))) throw destroys(name)
    if (caching.some((command) => mayMean(name, command))) throw caches(name)
  }
  const [name] = names
  if (name === 'php' || name === 'artisan') throw saidTwice(name)
  if (name === undefined) return { name: words[0] ?? 'list', changes: false }
  const isPretended = /^migrate(?::rollback)?$/.test(name) && words.slice(1).includes('--pretend')
  return { name, changes: !isNameFirst || !(reading.includes(name) || isPretended) }
}

/** Artisan takes any beginning of each part, in any case: `mi:fr` is `migrate:fresh`. One that is a command of its own is that. */
function mayMean(name: string, command: string): boolean {
  const given = name.toLowerCase()
  if (given === command) return true
  if (reading.includes(given)) return false
  const parts = given.split(':')
  const whole = command.split(':')
  return parts.length === whole.length && parts.every((part, at) => part !== '' && whole[at]?.startsWith(part))
}

function destroys(name: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'command-refused',
    message: `${name} may throw away tables with everything in them, and no container that serves is the place for that. Nothing was run.`,
    hint: 'Where it is only to be seen what ran, run: fakturino artisan -- migrate:status',
  })
}

function caches(name: string): OperatorError {
  return new OperatorError({
    kind: 'refused',
    code: 'command-refused',
    message: `${name} would change one container until its next start, and no other one: caches are made where a container starts, with the variables that it has then. Nothing was run.`,
    hint: 'To have them made anew everywhere, run: fakturino restart',
  })
}

function saidTwice(name: string): OperatorError {
  return new OperatorError({
    kind: 'usage',
    code: 'invalid-option',
    message: `php artisan is put in front of what stands here, so that artisan would look for a command named ${name}. Nothing was run.`,
    hint: 'Name the command alone, as in: fakturino artisan -- migrate:status',
  })
}
