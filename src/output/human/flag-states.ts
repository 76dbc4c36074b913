import stringWidth from 'fast-string-width'
import { count, listed, printable } from '../../kit/text.ts'
import type { EnvironmentFlags, ToldFlag } from '../../operations/read-flags.ts'
import type { Answer } from '../answers.ts'
import type { Style } from '../style.ts'
import { renderNext } from './endings.ts'
import { paragraph } from './paragraph.ts'

interface Layout {
  style: Style
  columns: number
}

type Flags = Extract<Answer, { type: 'flags' }>
type Flag = Extract<Answer, { type: 'flag' }>

const words = {
  true: 'on',
  false: 'off',
  unset: 'unset',
  hidden: '(hidden)',
  unknown: 'unknown',
  nothing: 'nothing runs',
}

/** One row a flag, one column an environment; what is not as it should be stands below, in words. */
export function renderFlags({ environments, isRehearsal, next }: Flags, { style, columns }: Layout): string {
  const [first] = environments
  const project = first === undefined ? '' : `Project ${style.heading(printable(first.project))}`
  const names = [...new Set(environments.flatMap(({ flags }) => flags.map(({ flag }) => flag)))]
  const head = ['flag', 'default', ...environments.map(({ environment }) => printable(environment))]
  const rows = names.map((name) => {
    const cells = environments.map(({ flags }) => cell(flags.find(({ flag }) => flag === name)))
    const standard = environments.flatMap(({ flags }) => flags.find(({ flag }) => flag === name)?.default ?? [])[0]
    return [printable(name), standard === undefined ? '-' : switchWord(standard), ...cells]
  })
  const table = tableOf([head, ...rows], columns)
  const notes = environments.flatMap((one) =>
    notesOf(one).map((text) => paragraph(printable(text), columns, `${style.sign.caution} `, 2)),
  )
  const lines = [
    paragraph(`${project} (${isRehearsal ? style.caution('REHEARSAL') : 'real'})`, columns),
    '',
    ...(table ??
      rows.flatMap(([name = '', standard = '', ...cells]) => stacked(name, standard, cells, environments, columns))),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ]
  return `${lines.join('\n')}\n${next === null ? '' : renderNext([next], style)}`
}

/** What is stored, as one word; whatever does not agree with it is marked. */
function cell(flag: ToldFlag | undefined): string {
  if (flag === undefined) return '-'
  const stored = [...new Set(flag.services.map((one) => one.stored))]
  const [only] = stored
  const value = stored.length === 0 ? '-' : stored.length > 1 ? 'split' : words[only ?? 'unset']
  const isOff = flag.notRunning.length > 0 || flag.isEffective === false
  return `${value}${isOff ? ' !' : ''}${flag.validated === null ? '' : ', validated'}`
}

function switchWord(value: string): string {
  return value === 'true' ? 'on' : value === 'false' ? 'off' : '(hidden)'
}

/** Undefined where it is wider than the screen. */
function tableOf(rows: string[][], columns: number): string[] | undefined {
  const widths = (rows[0] ?? []).map((_, nth) => Math.max(...rows.map((row) => stringWidth(row[nth] ?? ''))))
  if (widths.reduce((sum, width) => sum + width + 2, 0) > columns) return undefined
  return rows.map((row) =>
    row
      .map((text, nth) => text + ' '.repeat((widths[nth] ?? 0) - stringWidth(text)))
      .join('  ')
      .trimEnd(),
  )
}

function stacked(
  name: string,
  standard: string,
  cells: readonly string[],
  environments: readonly EnvironmentFlags[],
  columns: number,
): string[] {
  const told = environments.map(({ environment }, nth) => `${printable(environment)} ${cells[nth] ?? '-'}`)
  return [paragraph(name, columns), paragraph(`default ${standard}; ${told.join('; ')}`, columns, '  ', 2)]
}

/** Everything about an environment's flags that is not as it should be. */
function notesOf({ environment, flags, rollout }: EnvironmentFlags): string[] {
  const underWay =
    rollout === null
      ? []
      : [
          `${environment}: a change of ${listed(rollout.flags.map(({ name, value }) => `${name} to ${switchWord(value)}`))} by ${rollout.by}, begun ${rollout.since}, is not over${rollout.isReverting ? '; it was being taken back' : ''}.`,
        ]
  return [...underWay, ...flags.flatMap((flag) => oddities(flag).map((text) => `${environment}: ${text}`))]
}

function oddities(flag: ToldFlag): string[] {
  const { flag: name, services, isSplit, isDrifted, notRunning, isEffective, effect, unknown, variable } = flag
  const split = services.map(({ service, stored }) => `${words[stored]} for ${service}`)
  return [
    ...(unknown === undefined
      ? []
      : [
          `${variable} is no flag that the config or the guide knows${unknown.nearest === undefined ? '' : `; is ${unknown.nearest} meant`}${unknown.nearest === undefined ? '.' : '?'}`,
        ]),
    ...(isSplit ? [`${name} is split: ${listed(split)}.`] : []),
    ...(!isSplit && isDrifted && unknown === undefined
      ? [
          `${name} is ${words[services[0]?.stored ?? 'unset']}; the config's default is ${switchWord(flag.default ?? '')}.`,
        ]
      : []),
    ...(notRunning.length === 0
      ? []
      : [
          `${name} is stored otherwise than ${listed(notRunning)} ${notRunning.length === 1 ? 'runs' : 'run'} with it.`,
        ]),
    ...(isEffective === false
      ? [
          `${name} is set and not effective: it shows as ${effect}. A cached config, or a value in the database, overrides the variable.`,
        ]
      : []),
  ]
}

/** One flag: what it is, how it stands, what it needs, and its checklist. */
export function renderFlag({ shown, isRehearsal, next }: Flag, { style, columns }: Layout): string {
  const { flag, variable, isSafety, items, requires, environments, riskyValue } = shown
  const kind =
    riskyValue === null
      ? 'nothing calls it a flag'
      : isSafety
        ? 'a safety flag: off is the risk'
        : `${switchWord(riskyValue)} is tried elsewhere first`
  const standard = shown.default === null ? '' : `, default ${switchWord(shown.default)}`
  const line = (text: string, sign = ' ') => paragraph(printable(text), columns, `${sign} `, 2)
  const automatic = items.filter(({ isAutomatic }) => isAutomatic).length
  const needs = [
    ...requires.services.map(({ name, pending }) => (pending === undefined ? name : `${name} (pending: ${pending})`)),
    ...requires.secrets.map(
      ({ name, holders }) =>
        `${name}${holders.length === 0 ? '' : ` on ${listed(holders.map(({ service }) => service))}`}`,
    ),
    ...requires.queues.map((queue) => `somebody who works on the queue ${queue}`),
  ]
  const lines = [
    paragraph(
      `${style.heading(printable(flag))}  ${printable(variable)}${standard}; ${printable(kind)} (${isRehearsal ? style.caution('REHEARSAL') : 'real'})`,
      columns,
    ),
    ...environments.flatMap(({ environment, ...told }) => [
      '',
      style.heading(printable(environment)),
      ...told.services.map(({ service, stored, running }) =>
        line(
          `${service}: stored ${words[stored]}, runs ${running === 'unset' ? 'without it' : words[running]}`,
          told.notRunning.includes(service) ? style.sign.caution : style.sign.none,
        ),
      ),
      ...(told.effect === null
        ? []
        : [line(`shows as ${told.effect}`, told.isEffective === false ? style.sign.caution : style.sign.none)]),
      ...(told.validated === null
        ? []
        : [
            line(
              `validated as ${switchWord(told.validated.value)} by ${told.validated.by} at ${told.validated.at}, ${count(told.validated.items, 'item')}${told.validated.isSigned ? '' : ', unsigned'}`,
              style.sign.good,
            ),
          ]),
      ...oddities(told).map((text) => line(text, style.sign.caution)),
      ...(told.isUnderWay ? [line('a change of it is not over', style.sign.caution)] : []),
      ...told.missing.map(({ message }) => line(message, style.sign.caution)),
    ]),
    ...(needs.length === 0 ? [] : ['', line(`It needs ${listed(needs)}.`)]),
    ...(items.length === 0
      ? []
      : [
          '',
          line(`Its checklist has ${count(items.length, 'item')}, ${automatic} of them automatic:`),
          ...items.map(({ id, text, isAutomatic }) =>
            line(`${id} ${text}${isAutomatic ? ' (automatic)' : ''}`, style.sign.none),
          ),
        ]),
  ]
  return `${lines.join('\n')}\n${renderNext([next], style)}`
}
