import type { Store } from '../stores/store.ts'
import { type Due, listDue } from './due.ts'

/** All that is due, now or later. */
export async function allDue(store: Store, now: number = Number.MAX_SAFE_INTEGER): Promise<Due[]> {
  const found: Due[] = []
  for await (const due of listDue(store, now)) found.push(due)
  return found
}
