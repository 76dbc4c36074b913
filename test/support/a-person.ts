import { PassThrough, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'

/** Somebody at a terminal. */
interface Person {
  keyboard: PassThrough & { isTTY: boolean }
  /** A screen of 80 columns; `write` is told what appears on it. */
  screen(write: (text: string) => void): Writable & { isTTY: boolean; columns: number }
}

/** Answers the questions of `output/ask.ts`, in order; after the last answer, nothing is typed any more. */
export function aPerson(answers: readonly string[]): Person {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined })
  const left = [...answers]
  // A question is drawn again with every key, and is answered once.
  let isTyping = false
  let isChosen = false
  /** Items of a checklist that were answered, and whether a note about the last one is still to come. */
  const items = new Set<string>()
  let isNoteOpen = false
  const isOfChecklist = (text: string): boolean => {
    const plain = stripVTControlCharacters(text)
    const item = /([\w]+-\d+) \(\d+ of \d+\):/.exec(plain)?.[1]
    if (item !== undefined && !items.has(item)) {
      items.add(item)
      isNoteOpen = true
      return true
    }
    if (!isNoteOpen || !plain.includes('A note (Enter for none):')) return false
    isNoteOpen = false
    return true
  }
  const read = (text: string) => {
    // One of several is chosen by its number, and drawn again once it is marked.
    const isChoice = /\bWhat hurts\?/.test(text) && !isChosen
    if (isChoice) isChosen = true
    const answer =
      (/\(y\/N\)|to go on:/.test(text) || isChoice || isOfChecklist(text)) && !isTyping ? left.shift() : undefined
    if (answer === undefined) return
    isTyping = true
    setImmediate(() => {
      keyboard.write(`${answer}\r`)
      isTyping = false
    })
  }
  return {
    keyboard,
    screen: (write) =>
      Object.assign(
        new Writable({
          decodeStrings: false,
          write(chunk: string | Buffer, _encoding, done) {
            const text = chunk.toString()
            write(text)
            read(text)
            done()
          },
        }),
        {
          isTTY: true,
          columns: 80,
          clearLine: () => true,
          cursorTo: () => true,
          moveCursor: () => true,
          // Like a process's own streams, it stays open when a question is over.
          end: () => undefined,
        },
      ),
  }
}
