/** How often each text is there. */
export function tally(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** What is there more often than in the other, a line each. */
export function moreOften(counts: Map<string, number>, than: Map<string, number>): string[] {
  return [...counts].filter(([text, times]) => times > (than.get(text) ?? 0)).map(([text]) => text)
}
