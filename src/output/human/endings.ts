import { count, listed, printable, shortCommit } from '../../kit/text.ts'
import { isUploaded } from '../../kit/uploaded-revision.ts'
import type { Release } from '../../operations/release.ts'
import type { Restart } from '../../operations/restart.ts'
import type { ArtisanRun } from '../../operations/run-artisan.ts'
import type { SecondWays } from '../../operations/second-ways.ts'
import type { SetUp } from '../../operations/set-up.ts'
import type { RehearsalReport, RehearsalUp, SavedAs, Undo } from '../answers.ts'
import type { Style } from '../style.ts'
import { duration } from './duration.ts'
import { paragraph } from './paragraph.ts'

interface Layout {
  style: Style
  columns: number
}

/** The end of `deploy`: what runs now, and how to get back. */
export function renderRelease(release: Release, undo: Undo, { style, columns }: Layout): string {
  if (release.isDryRun) return renderDryRun(style)
  if (release.verdict === 'unknown') return renderStarted(release, undo, { style, columns })
  const ways = renderSecondWays(release.secondWays, { style, columns })
  const deployed = release.services.filter((service) => service.outcome === 'deployed').map((service) => service.name)
  const revision = release.commit === undefined ? '' : ` ${toldRevision(release.commit, release.services)}`
  if (deployed.length === 0 && release.changes === 0) {
    const isEqual = (release.secondWays?.notStored ?? []).length === 0
    const line = isEqual
      ? `Nothing to do: ${release.environment} equals the config.${revision}`
      : `${release.environment}: nothing could be stored, and nothing had to be deployed.${revision}`
    return `${paragraph(line, columns, `${isEqual ? style.sign.good : style.sign.caution} `, 2)}\n${ways}`
  }
  const stored = release.changes === 0 ? '' : `${count(release.changes, 'change')} applied; `
  const line = `${release.environment}: ${stored}${deployed.length === 0 ? 'nothing had to be deployed' : `${listed(deployed)} live`} after ${duration(release.elapsedMs)}.${revision}`
  return `${paragraph(line, columns, `${style.sign.good} `, 2)}\n${ways}${renderUndo(undo, { style, columns })}`
}

/** Which commit serves, and who says so: where an app does not, the platform's word is all there is. */
function toldRevision(commit: string, services: Release['services']): string {
  const saidBy = (who: 'service' | 'platform') =>
    services.filter((service) => service.commitSaidBy === who && service.commit === commit).map(({ name }) => name)
  const themselves = saidBy('service')
  const serves = isUploaded(commit)
    ? `Code from a directory, ${shortCommit(commit)}, serves`
    : `Commit ${shortCommit(commit)} serves`
  if (themselves.length === 0) return `${serves}, by the platform's word.`
  const others = saidBy('platform')
  const byPlatform = others.length === 0 ? '' : `; of ${listed(others)}, the platform's word is all there is`
  return `${serves}: ${listed(themselves)} ${themselves.length === 1 ? 'says so itself' : 'say so themselves'}${byPlatform}.`
}

/** What was started and left to itself. */
function renderStarted(release: Release, undo: Undo, { style, columns }: Layout): string {
  const names = (outcome: 'started' | 'waiting') =>
    release.services.filter((service) => service.outcome === outcome).map((service) => service.name)
  const started = names('started')
  const waiting = names('waiting')
  const revision =
    release.commit === undefined
      ? ''
      : ` with ${isUploaded(release.commit) ? '' : 'commit '}${shortCommit(release.commit)}`
  const stored = release.changes === 0 ? '' : `${count(release.changes, 'change')} applied; `
  const line = `${release.environment}: ${stored}${listed(started)} started${revision}. Nobody waits for ${started.length === 1 ? 'it' : 'them'}, so whether ${started.length === 1 ? 'it works' : 'they work'} is not known.`
  const later =
    waiting.length === 0
      ? ''
      : `${paragraph(`${listed(waiting)} ${waiting.length === 1 ? 'was' : 'were'} not started: first ${listed(started)} must be live. Deploy again when status says so.`, columns, `${style.sign.caution} `, 2)}\n`
  return `${paragraph(line, columns, `${style.sign.deploy} `, 2)}\n${later}${renderSecondWays(release.secondWays, { style, columns })}${renderUndo(undo, { style, columns })}`
}

/** Which way was gone where the token may not go the first, and what that could not do. */
export function renderSecondWays(ways: SecondWays | undefined, { style, columns }: Layout, where = ''): string {
  if (ways === undefined) return ''
  const { reading, history, storing, notStored = [] } = ways
  const told = [
    ...(reading === undefined ? [] : ['read in parts, because this token may not read the config']),
    ...(history === undefined ? [] : ['read without its history, which this token may not read']),
    ...(storing === undefined ? [] : ['stored without a patch, because this token may not use any']),
  ]
  const left =
    notStored.length === 0
      ? ''
      : `${paragraph(`Not stored, because only a patch can: ${listed(notStored)}. ${notStored.length === 1 ? 'It stays' : 'They stay'} in the plan; set ${notStored.length === 1 ? 'it' : 'them'} in the dashboard, or use a token that may commit changes.`, columns, `${style.sign.caution} `, 2)}\n`
  if (told.length === 0) return left
  const text = `${where === '' ? '' : `${printable(where)}: `}${told.join('; ')}.`
  return `${paragraph(`${text.charAt(0).toUpperCase()}${text.slice(1)}`, columns, `${style.sign.none} `, 2)}\n${left}`
}

/** The end of `restart`. */
export function renderRestart(restart: Restart, { style, columns }: Layout): string {
  const names = listed(restart.services.map(({ name }) => printable(name)))
  if (restart.isDryRun) {
    const text = `Dry run: ${names} would be restarted; nothing was changed.`
    return `${paragraph(text, columns, `${style.sign.none} `, 2)}\n`
  }
  const text = `${restart.environment}: ${names} restarted, running again after ${duration(restart.elapsedMs)}.`
  return `${paragraph(text, columns, `${style.sign.good} `, 2)}\n`
}

/** The end of `artisan`: on stdout stands what it printed, and nothing else. */
export function renderArtisan(run: ArtisanRun, { style, columns }: Layout): string {
  if (run.isDryRun !== true) return ''
  const text = `Dry run: artisan ${run.command} would be run in a container of ${run.service}, ${run.environment}; nothing was run.`
  return `${paragraph(printable(text), columns, `${style.sign.none} `, 2)}\n`
}

function renderDryRun(style: Style): string {
  return `${style.sign.none} Dry run: nothing was changed.\n`
}

/** The way back, and what it leaves as it is. */
export function renderUndo(undo: Undo, { style, columns }: Layout): string {
  const note = paragraph(undo.note, columns, '  ', 2)
  return undo.command === undefined
    ? `${style.quiet(note)}\n`
    : `  Undo: ${style.name(undo.command)}\n${style.quiet(note)}\n`
}

/** The end of `init`. */
export function renderSetUp(setUp: SetUp, isDeployed: boolean, { style, columns }: Layout): string {
  const changed = setUp.environments.filter((environment) => environment.changes > 0).map(({ name }) => name)
  const missing = [...new Set(setUp.environments.flatMap((environment) => environment.missingSecrets))]
  if (setUp.project === null) return renderDryRun(style)
  const lines = [
    paragraph(
      changed.length === 0
        ? `Project ${printable(setUp.project.name)} is set up already; nothing was changed.`
        : `Project ${printable(setUp.project.name)} is set up: ${listed(changed)} stored.${isDeployed ? '' : ' Nothing was deployed.'}`,
      columns,
      `${style.sign.good} `,
      2,
    ),
  ]
  if (missing.length > 0) {
    lines.push(
      paragraph(
        `Not set yet, and no service needs ${missing.length === 1 ? 'it' : 'them'} to start: ${listed(missing)}. Supply with --secrets-file FILE.`,
        columns,
        `${style.sign.caution} `,
        2,
      ),
    )
  }
  const ways = setUp.environments.map((one) => renderSecondWays(one.secondWays, { style, columns }, one.name))
  return `${lines.join('\n')}\n${ways.join('')}`
}

/** Commands to run next. */
export function renderNext(next: readonly string[], style: Style): string {
  return next.length === 0 ? '' : `${['Next:', ...next.map((command) => `  ${style.name(command)}`)].join('\n')}\n`
}

/** Where a plan was saved, and how exactly that is applied. */
export function renderSaved(saved: SavedAs | undefined, { style, columns }: Layout): string {
  if (saved === undefined) return ''
  const told = paragraph(`Saved to ${printable(saved.path)}; to apply exactly this:`, columns, `${style.sign.good} `, 2)
  return `\n${told}\n  ${style.name(saved.apply)}\n`
}

/** Where the rehearsal platform is, and how to talk to it. */
export function renderRehearsalUp(rehearsal: RehearsalUp, { style, columns }: Layout): string {
  const rows: [string, string][] = [
    ['endpoint', rehearsal.endpoint],
    ['edge', `http://${rehearsal.edge.host}:${rehearsal.edge.port} (send a service's domain as Host)`],
    ['account token', rehearsal.tokens.account],
    ['workspace token', rehearsal.tokens.workspace],
    ...Object.entries(rehearsal.tokens.project).map(([name, token]): [string, string] => [`${name} token`, token]),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    paragraph(`The rehearsal platform is up (process ${rehearsal.pid}).`, columns, `${style.sign.good} `, 2),
    ...rows.map(([name, value]) => paragraph(value, columns, `  ${name.padEnd(width)}  `, width + 4)),
    renderNext(rehearsal.next, style),
  ].join('\n')
}

/** The report of the tour. */
export function renderRehearsal(report: RehearsalReport, { style, columns }: Layout): string {
  const lines = report.steps.flatMap((step, index) => {
    const sign = { passed: style.sign.good, failed: style.sign.bad, 'not-reached': style.sign.none }[step.outcome]
    const cost =
      step.outcome === 'not-reached' ? 'not reached' : `${duration(step.elapsedMs)}, ${count(step.requests, 'request')}`
    const number = `${index + 1}. `
    const width = number.length + 2
    const indent = ' '.repeat(width)
    return [
      paragraph(`${style.heading(step.title)} ${style.quiet(`(${cost})`)}`, columns, `${sign} ${number}`, width),
      ...(step.reason === undefined ? [] : [paragraph(style.bad(printable(step.reason)), columns, indent, width)]),
      ...step.proved.map((fact) => paragraph(fact, columns, indent, width)),
    ]
  })
  const failed = report.steps.filter((step) => step.outcome !== 'passed').length
  const cost = `${duration(report.elapsedMs)}, ${count(report.requests, 'request')} to the rehearsal platform.`
  const end =
    failed === 0
      ? paragraph(
          `The rehearsal held: ${count(report.steps.length, 'step')}, ${cost}`,
          columns,
          `${style.sign.good} `,
          2,
        )
      : paragraph(
          `The rehearsal did not hold: ${failed} of ${count(report.steps.length, 'step')}, ${cost}`,
          columns,
          `${style.sign.bad} `,
          2,
        )
  const screens = report.screens.flatMap(({ command, text }) => [style.quiet(command), text])
  return `${['', style.heading('Rehearsal report'), '', ...lines, '', ...screens, end].join('\n')}\n`
}
