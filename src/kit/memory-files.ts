import type { Files } from './files.ts'

/** A disk that is only there while the program runs: for a rehearsal inside one process, and for tests. */
export function memoryFiles(initial: Readonly<Record<string, string>> = {}): Files & { all(): Record<string, string> } {
  const texts = new Map(Object.entries(initial))
  return {
    readText: async (path) => texts.get(path),
    writeText: async (path, text) => void texts.set(path, text),
    appendText: async (path, text) => void texts.set(path, (texts.get(path) ?? '') + text),
    remove: async (path) => void texts.delete(path),
    all: () => Object.fromEntries(texts),
  }
}
