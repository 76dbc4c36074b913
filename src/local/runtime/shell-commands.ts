/** One command of a line, and when it is run: whatever the one before it did, or only if that went well, or badly. */
export interface ShellCommand {
  words: string[]
  after: 'any' | 'success' | 'failure'
}

const separators: Readonly<Record<string, ShellCommand['after']>> = {
  ';': 'any',
  '\n': 'any',
  '&&': 'success',
  '||': 'failure',
}
const token = /[^\S\n]*(\n|;|&&|\|\||(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s;&|'"\\])+|.)/gsu
const piece = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|([^'"\\]+)/gsu

/** Reads what a shell would make of a line, as far as lists of plain commands go: quotes, `;`, `&&` and `||`. */
export function shellCommands(line: string): ShellCommand[] {
  const commands: ShellCommand[] = [{ words: [], after: 'any' }]
  for (const [, text = ''] of line.trim().matchAll(token)) {
    const after = separators[text]
    if (after === undefined) commands.at(-1)?.words.push(unquoted(text))
    else commands.push({ words: [], after })
  }
  return commands.filter(({ words }) => words.length > 0)
}

/**
 * Runs a line: each command by `run`, which tells its exit code. What a `sh -c` is given is read as a line again, and behind an
 * `exec` nothing is left of the shell. Gives back the last exit code.
 */
export function runShellLine(line: string, run: (words: readonly string[]) => number): number {
  let exitCode = 0
  for (const { words, after } of shellCommands(line)) {
    if (after === 'success' && exitCode !== 0) continue
    if (after === 'failure' && exitCode === 0) continue
    const isExec = words[0] === 'exec'
    const command = isExec ? words.slice(1) : words
    const [shell, flag, inner] = command
    const isShell = /^(?:\/\S*\/)?(?:ba|da|a)?sh$/.test(shell ?? '') && /^-\w*c$/.test(flag ?? '')
    exitCode = isShell && inner !== undefined ? runShellLine(inner, run) : run(command)
    if (isExec) break
  }
  return exitCode
}

function unquoted(text: string): string {
  return Array.from(text.matchAll(piece), ([, single, double, escaped, plain]) => {
    return single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? ''
  }).join('')
}
