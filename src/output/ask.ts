import { OperatorError } from '../kit/errors.ts'

/** The door to a person at a terminal. It can refuse: then the failure names the option that would have answered. */
export interface Ask {
  confirm(question: string): Promise<boolean>
  /** Asks for a word to be typed, exactly. */
  typed(question: string, word: string): Promise<boolean>
  /** Asks for a text; empty where nothing is typed. */
  text(question: string): Promise<string>
  /** Asks for one of several. */
  choose<Value extends string>(question: string, choices: readonly Choice<Value>[]): Promise<Value>
}

export interface Choice<Value extends string> {
  value: Value
  name: string
  /** Why it cannot be chosen. */
  unavailable?: string
}

/** @param signal ends a question when the command is interrupted */
export function createAsk(stdin: NodeJS.ReadableStream, stderr: NodeJS.WritableStream, signal: AbortSignal): Ask {
  const context = { input: stdin, output: stderr, signal }
  return {
    async confirm(question) {
      const { confirm } = await import('@inquirer/prompts')
      return answered(confirm({ message: question, default: false }, context), signal)
    },
    async typed(question, word) {
      const { input } = await import('@inquirer/prompts')
      return (await answered(input({ message: question }, context), signal)).trim() === word
    },
    async text(question) {
      const { input } = await import('@inquirer/prompts')
      return answered(input({ message: question }, context), signal)
    },
    async choose(question, choices) {
      const { select } = await import('@inquirer/prompts')
      const listed = choices.map(({ value, name, unavailable }) => ({
        value,
        name,
        ...(unavailable === undefined ? {} : { disabled: unavailable }),
      }))
      return answered(select({ message: question, choices: listed }, context), signal)
    },
  }
}

/** @param option what would have answered */
export function createNoAsk(option: string): Ask {
  const refuse = (question: string): Promise<never> =>
    Promise.reject(
      new OperatorError({
        kind: 'usage',
        code: 'missing-answer',
        message: `This needs an answer, and there is nobody to ask: ${question}`,
        hint: `Answer it with ${option}, or run the command at a terminal.`,
      }),
    )
  return { confirm: refuse, typed: refuse, text: refuse, choose: refuse }
}

/** Ctrl-C in a prompt is an interruption like any other. */
async function answered<Value>(asked: Promise<Value>, signal: AbortSignal): Promise<Value> {
  try {
    return await asked
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const isInterruption = error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name)
    if (!isInterruption) throw error
    throw new OperatorError({
      kind: 'interrupted',
      code: 'interrupted',
      message: 'Interrupted at a question. What was done before it stays done; nothing new was started.',
      hint: 'Run the same command again: it goes on from what is there.',
      retryable: true,
    })
  }
}
