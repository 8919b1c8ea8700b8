import type { Store } from '../stores/store.ts'
import { schedule } from './due.ts'
import { deleteRun, type RunRecord } from './run-record.ts'

/**
 * Of a run that has ended: deletes it when its retention is over, or makes it found when that is.
 *
 * @param now milliseconds since 1970
 */
export async function retain(store: Store, record: RunRecord, now: number): Promise<void> {
  const { id, retention, updatedAt } = record
  if (retention === undefined) return
  const until = updatedAt + retention
  // One that a nested run has outlived is looked at again.
  const next = until > now ? until : (await deleteRun(store, id)) && now + retention
  if (next !== undefined) await schedule(store, id, next, 'retention')
}
