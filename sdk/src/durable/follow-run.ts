import type { Store } from '../stores/store.ts'
import { hasEnded, readRun } from './run-record.ts'

/** Milliseconds between two looks at a run that another process executes. */
const FOLLOW_EVERY = 500

/** The result of a run that another process executes, or will. */
export async function followRun(store: Store, id: string): Promise<unknown> {
  for (;;) {
    const record = await readRun(store, id)
    if (record !== undefined && hasEnded(record)) {
      if (record.status === 'ok') return record.output
      throw record.error
    }
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY))
  }
}
