import { Chalk, type ChalkInstance, type ColorSupportLevel } from 'chalk'

/** What colours and signs mean; without colour the signs still tell. */
export interface Style {
  heading(text: string): string
  good(text: string): string
  bad(text: string): string
  caution(text: string): string
  quiet(text: string): string
  /** A name or a command that the reader may want to copy. */
  name(text: string): string
  /** Something of one service: the same colour for the same name, always. */
  ofService(name: string, text: string): string
  sign: {
    good: string
    bad: string
    caution: string
    create: string
    update: string
    delete: string
    deploy: string
    none: string
  }
}

/** No red and no yellow: those are for what went wrong. */
const tints = [
  (chalk: ChalkInstance) => chalk.cyan,
  (chalk: ChalkInstance) => chalk.green,
  (chalk: ChalkInstance) => chalk.blue,
  (chalk: ChalkInstance) => chalk.magenta,
  (chalk: ChalkInstance) => chalk.cyanBright,
  (chalk: ChalkInstance) => chalk.greenBright,
  (chalk: ChalkInstance) => chalk.blueBright,
  (chalk: ChalkInstance) => chalk.magentaBright,
]

/** @param level 0 is no colour at all */
export function createStyle(level: ColorSupportLevel): Style {
  const chalk = new Chalk({ level })
  return {
    heading: (text) => chalk.bold(text),
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    caution: (text) => chalk.yellow(text),
    quiet: (text) => chalk.dim(text),
    name: (text) => chalk.cyan(text),
    ofService: (name, text) => tints[hashOf(name) % tints.length]?.(chalk)(text) ?? text,
    sign: {
      good: chalk.green('✓'),
      bad: chalk.red('✗'),
      caution: chalk.yellow('!'),
      create: chalk.green('+'),
      update: chalk.yellow('~'),
      delete: chalk.red('-'),
      deploy: chalk.cyan('▸'),
      none: chalk.dim('·'),
    },
  }
}

function hashOf(name: string): number {
  let hash = 7
  for (let index = 0; index < name.length; index += 1) hash = (hash * 31 + name.charCodeAt(index)) >>> 0
  return hash
}
