/** Waits until something that is on its way has arrived; a test that waits in vain runs into its own time limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn()
}

/** Gives whatever is on its way the time to arrive. */
export async function settled(turns = 40): Promise<void> {
  for (let nth = 0; nth < turns; nth++) await turn()
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
