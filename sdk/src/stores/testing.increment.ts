import { sqliteStore } from './sqlite.ts'

/** What the parent asks for: add 1 to the counter in the file, so many times. */
export interface Increments {
  readonly path: string
  readonly count: number
  /** Not before this time, so that several processes begin together. */
  readonly at?: number
}

// One of several processes on one file. Answers each addition with the number of those that it has made.
process.on('message', async ({ path, count, at = 0 }: Increments) => {
  while (Date.now() < at);
  const store = sqliteStore(path)
  for (let done = 0; done < count; ) {
    const entry = await store.get('counter')
    const written = await store.put('counter', String(Number(entry?.value ?? 0) + 1), entry?.version)
    if (written === undefined) continue
    done++
    if (done === count) await store.close()
    process.send?.(done)
  }
})
