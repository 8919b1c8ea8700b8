import { insertNative } from '../native/query-native.ts'
import { EXPIRY_MS } from '../run-model/status.ts'
import type { Store } from '../store.ts'
import type { DonePass } from './pass.ts'
import { type TraceOfProject, traceName } from './trace-name.ts'

/**
 * Subtracts what the pass has seen, so that spans that came meanwhile remain to be settled; and keeps exactly one reminder
 * for a trace with a running run.
 */
export async function checkOff(store: Store, { due, runs, receivedMs, clock }: DonePass): Promise<void> {
  const running = new Set<string>()
  for (const { project, run } of runs) {
    if (run.status !== 'running') continue
    for (const traceId of run.traceIds) running.add(traceName({ project, traceId }))
  }
  const reminders = due.map((trace) => ({
    ...trace,
    pending: Number(running.has(traceName(trace))) - trace.expirySeen,
  }))
  const seen = due.map((trace) => ({ ...trace, pending: -trace.spansSeen }))
  await addPending(store, 'expiry', reminders, { dueMs: receivedMs + EXPIRY_MS, settledMs: 0 })
  await addPending(store, 'spans', seen, { dueMs: 0, settledMs: Number(clock.version / 1000n) })
}

/** Later than every receipt: the least one counts. */
const NO_RECEIPT_MS = Date.UTC(2100, 0, 1)

async function addPending(
  store: Store,
  reason: string,
  traces: readonly (TraceOfProject & { readonly pending: number })[],
  { dueMs, settledMs }: { readonly dueMs: number; readonly settledMs: number },
): Promise<void> {
  const rows = traces.filter(({ pending }) => pending !== 0)
  const time = (name: string, ms: number) => ({ name, type: `DateTime64(3, 'UTC')`, value: () => ms })
  await insertNative(store, 'unsettled_traces', rows, [
    { name: 'project', type: 'String', value: ({ project }) => project },
    { name: 'trace_id', type: 'FixedString(16)', value: ({ traceId }) => traceId },
    { name: 'reason', type: 'String', value: () => reason },
    { name: 'pending', type: 'Int64', value: ({ pending }) => pending },
    time('due', dueMs),
    time('since', NO_RECEIPT_MS),
    time('settled', settledMs),
  ])
}
