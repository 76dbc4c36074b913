import ts from 'typescript'

/** A command of ours that stands in a text, and where that text is. */
export interface PrintedCommand {
  command: string
  where: string
}

/** Words that stand for what a person fills in. */
const samples: Record<string, string> = { FILE: 'secrets.env', SHA: 'latest', COMMIT: 'latest', NAME: 'staging' }
const sample = 'sample'

/**
 * Every command in a text: from `fakturino` and a known-looking word to where the command must end, which is the end of the line, a
 * quote, a backtick, a comment, or a sentence's punctuation.
 */
export function commandsIn(text: string, where: string): PrintedCommand[] {
  const found = text.matchAll(
    /(?<![\w/.-])(?:npx )?fakturino((?: (?:--?[A-Za-z]|[a-z][a-z-]*\b)[^\n`'"#|;()]*)|(?= *$))/gm,
  )
  return [...found].flatMap(([, words = '']) => {
    const command = words.replace(/(?:[.,:?!](?:\s.*)?| && .*| - .*| {2,}.*)$/s, '').trim()
    // A template that puts in the whole command says nothing about it.
    return command === '' || command === sample ? [] : [{ command, where }]
  })
}

/** The commands in every string and template of a TypeScript file; what a template puts in is replaced by a sample. */
export function commandsInSource(source: string, where: string): PrintedCommand[] {
  const file = ts.createSourceFile(where, source, ts.ScriptTarget.Latest, true)
  const texts: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) texts.push(node.text)
    if (ts.isTemplateExpression(node)) {
      texts.push(
        [
          node.head.text,
          ...node.templateSpans.map(({ expression, literal }) => `${sampleOf(expression)}${literal.text}`),
        ].join(''),
      )
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return texts.flatMap((text) => commandsIn(text, where))
}

/** The commands in the code blocks of Markdown, and in its inline code. */
export function commandsInMarkdown(markdown: string, where: string): PrintedCommand[] {
  const blocks = [...markdown.matchAll(/^```[^\n]*\n(.*?)^```/gms)].map(([, block = '']) => block)
  const indented = markdown
    .split('\n')
    .filter((line) => /^ {4}\S/.test(line))
    .map((line) => line.trim())
  const inline = [...markdown.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  const lines = [...blocks.flatMap((block) => block.split('\n')), ...indented, ...inline]
  return lines
    .filter((line) => /^(?:\$ )?(?:npx )?fakturino\b/.test(line.trim()))
    .flatMap((line) => commandsIn(line, where))
}

/** Argv of a command as it would be typed, with a value for every word that a person fills in. */
export function argvOf({ command }: PrintedCommand): string[] {
  return command.split(/\s+/).map((word) => samples[word] ?? word)
}

/** An expression that gives an option and its value, or a word. */
function sampleOf(expression: ts.Expression): string {
  if (ts.isConditionalExpression(expression)) {
    const { whenTrue } = expression
    return ts.isStringLiteral(whenTrue) ? whenTrue.text : sample
  }
  return /local$/i.test(expression.getText()) ? ' --local' : sample
}
