import { Chalk, type ColorSupportLevel } from 'chalk'

/** What colours and signs mean; without colour the signs still tell. */
export interface Style {
  heading(text: string): string
  good(text: string): string
  bad(text: string): string
  caution(text: string): string
  quiet(text: string): string
  /** A name or a command that the reader may want to copy. */
  name(text: string): string
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
