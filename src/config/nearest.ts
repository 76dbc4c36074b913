import { distance } from 'fastest-levenshtein'

/** The known name that was most likely meant; undefined when none is close. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { name: string; edits: number } | undefined
  for (const name of known) {
    const edits = distance(plain(word), plain(name))
    if (best === undefined || edits < best.edits) best = { name, edits }
  }
  const closeEnough = Math.max(2, Math.floor(word.length / 3))
  return best !== undefined && best.edits <= closeEnough ? best.name : undefined
}

/** `; the nearest is 'x'`, or `; known: x, y` where nothing is close and the list is short, or nothing. */
export function nearestWords(word: string, known: readonly string[]): string {
  const name = nearest(word, known)
  if (name !== undefined) return `; the nearest is '${name}'`
  return known.length > 0 && known.length <= 12 ? `; known: ${known.join(', ')}` : ''
}

/** Case and separators are what people mistype least meaningfully. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '')
}
