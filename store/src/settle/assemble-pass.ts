import { assembleRuns } from '../run-model/assemble-runs.ts'
import type { StoredFacts } from '../run-model/read-facts.ts'
import type { Run } from '../run-model/run.ts'
import type { SpanFacts } from '../run-model/span-facts.ts'
import type { Store } from '../store.ts'
import type { KnownFlows } from './known-flows.ts'
import { readStoredRows, type StoredRow } from './outdated-runs.ts'
import type { OutdatedRow, RunRow } from './write-runs.ts'

/** The spans of some traces of one project, all that is known of them. */
export interface ProjectFacts {
  readonly project: string
  readonly facts: readonly StoredFacts[]
  /** Those that may have been settled before. */
  readonly seenBefore: ReadonlySet<string>
}

/** What a pass has to write. */
export interface AssembledPass {
  /** Runs of traces of which nothing is stored yet. */
  readonly first: readonly RunRow[]
  readonly again: readonly RunRow[]
  readonly outdated: readonly OutdatedRow[]
  /** The newest `settled` of the rows that are replaced, microseconds since 1970. */
  readonly replaced: bigint
}

/** Assembles the runs of some traces, and finds the rows that are not true any more. */
export async function assemblePass(
  store: Store,
  { project, facts, seenBefore }: ProjectFacts,
  { nowMs, flows }: { readonly nowMs: number; readonly flows: KnownFlows },
): Promise<AssembledPass> {
  const runs = assembleRuns(facts, nowMs)
  const countedAs = await flows.admit(store, project, runs)
  const stored = await readStoredRows(store, project, [...seenBefore], timesOf(facts, seenBefore))
  const settled = new Set(stored.map(({ traceId }) => traceId))
  const isFirst = ({ traceIds }: Run) => !traceIds.some((traceId) => settled.has(traceId))
  const rows = runs.map((run): RunRow => ({ run, project, flow: countedAs(run.flow) }))
  return {
    first: rows.filter(({ run }) => isFirst(run)),
    again: rows.filter(({ run }) => !isFirst(run)),
    outdated: findOutdated(stored, rows),
    replaced: latest(stored.map(({ version }) => version)),
  }
}

/** Rows that have no successor of the same key. */
function findOutdated(stored: readonly StoredRow[], rows: readonly RunRow[]): OutdatedRow[] {
  const keyOf = (flow: string, startUnixNano: bigint, runId: string) =>
    JSON.stringify([flow, String(startUnixNano), runId])
  const current = new Set(rows.map(({ flow, run }) => keyOf(flow, run.startUnixNano, run.runId)))
  return stored.filter(({ flow, startUnixNano, runId }) => !current.has(keyOf(flow, startUnixNano, runId)))
}

function timesOf(facts: readonly SpanFacts[], traceIds: ReadonlySet<string>): { from: bigint; to: bigint } {
  let [from, to]: [bigint | undefined, bigint] = [undefined, 0n]
  for (const { traceId, startNs } of facts) {
    if (!traceIds.has(traceId)) continue
    if (from === undefined || startNs < from) from = startNs
    if (startNs > to) to = startNs
  }
  return { from: from ?? 0n, to }
}

/** 0: there is none. */
export function latest(versions: readonly bigint[]): bigint {
  let newest = 0n
  for (const version of versions) if (version > newest) newest = version
  return newest
}
