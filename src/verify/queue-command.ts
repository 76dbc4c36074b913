/** What a start command works on. */
export interface QueueCommand {
  /** Absent: the connection that its variables name. */
  connection?: string
  /** In the order of importance; `default` where none is named. */
  queues: string[]
}

/** Every `queue:work` or `queue:listen` of a start command, as the application would read it. Pure. */
export function queueCommands(start: string): QueueCommand[] {
  return [...start.matchAll(/\bqueue:(?:work|listen)\b([^&|;]*)/g)].map(([, rest = '']) => {
    const words = rest.trim().split(/\s+/).map(unquoted).filter(Boolean)
    const [first] = words
    const connection = first === undefined || first.startsWith('-') ? undefined : first
    const named = words.flatMap((word, index) => {
      if (word.startsWith('--queue=')) return [unquoted(word.slice('--queue='.length))]
      return word === '--queue' ? [words[index + 1] ?? ''] : []
    })
    const queues = named.flatMap((list) => list.split(',')).filter(Boolean)
    return {
      ...(connection === undefined ? {} : { connection }),
      queues: queues.length === 0 ? ['default'] : queues,
    }
  })
}

function unquoted(word: string): string {
  return word.replace(/^["']|["']$/g, '')
}
