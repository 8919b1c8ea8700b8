import { insertNative } from '../native/query-native.ts'
import type { Store } from '../store.ts'
import type { Pending } from './due-traces.ts'
import type { DonePass } from './pass.ts'
import { type TraceOfProject, traceName } from './trace-name.ts'

/**
 * Subtracts what the pass has seen, so that spans that came meanwhile remain to be settled; and replaces the reminders of a
 * trace by one, if it has a running run.
 */
export async function completePass(store: Store, { due, running }: DonePass): Promise<void> {
  const rows: PendingRow[] = []
  for (const { project, traceId, pending } of due) {
    for (const each of pending) rows.push({ project, traceId, ...each, count: -each.count })
    const receivedMs = running.get(traceName({ project, traceId }))
    if (receivedMs !== undefined) rows.push({ project, traceId, reason: 'expiry', receivedMs, count: 1 })
  }
  await insertNative(store, 'unsettled_traces', rows, [
    { name: 'project', type: 'String', value: ({ project }) => project },
    { name: 'trace_id', type: 'FixedString(16)', value: ({ traceId }) => traceId },
    { name: 'reason', type: 'String', value: ({ reason }) => reason },
    { name: 'received', type: `DateTime64(3, 'UTC')`, value: (row) => row.receivedMs },
    { name: 'pending', type: 'Int64', value: ({ count }) => count },
  ])
}

interface PendingRow extends TraceOfProject, Pending {}
