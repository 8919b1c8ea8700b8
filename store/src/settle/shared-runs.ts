import { forEachRow, idsSql, textsSql } from '../native/query-native.ts'
import type { StoredFacts } from '../run-model/read-facts.ts'
import type { Store } from '../store.ts'
import { readTraces } from './read-traces.ts'

/**
 * Adds to the spans of some traces those of all that share a run with them: a run may be continued in another trace, which
 * declares its id.
 * @param facts of one project; what is found is added
 * @param traceIds whose spans these are; what is found is added
 * @param mayBeSettled whether a run or trace of this id may be stored; others are not looked for
 */
export async function addSharing(
  store: Store,
  project: string,
  { facts, traceIds }: { facts: StoredFacts[]; traceIds: Set<string> },
  mayBeSettled: (id: string) => boolean,
): Promise<void> {
  for (let ids = runIdsOf(facts, traceIds); ; ) {
    const asked = [...ids].filter(mayBeSettled)
    const found = asked.length === 0 ? [] : await findTraces(store, project, asked)
    const missing = found.filter((traceId) => !traceIds.has(traceId))
    if (missing.length === 0) return
    const more = await readTraces(
      store,
      missing.map((traceId) => ({ project, traceId })),
    )
    for (const traceId of missing) traceIds.add(traceId)
    for (const span of more) facts.push(span)
    ids = runIdsOf(more, missing)
  }
}

/** The ids of runs of these traces that another trace may declare, and the ids that they declare. */
function runIdsOf(facts: readonly StoredFacts[], traceIds: Iterable<string>): Set<string> {
  const ids = new Set(traceIds)
  for (const { runId, kind, traceId, spanId } of facts) {
    if (runId !== '') ids.add(runId)
    else if (kind === 'flow') ids.add(`${traceId}-${spanId}`)
  }
  return ids
}

/** The id of a trace is that of its run, and begins those of its nested runs. */
const TRACE_OF_RUN = /^([0-9a-f]{32})(-[0-9a-f]{16})?$/

async function findTraces(store: Store, project: string, runIds: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  const named = runIds.flatMap((id) => TRACE_OF_RUN.exec(id)?.[1] ?? [])
  const queries = [
    `SELECT trace_id FROM run_traces WHERE project = {project:String} AND run_id IN ${textsSql(runIds)}`,
  ]
  if (named.length > 0)
    queries.push(
      `SELECT DISTINCT trace_id FROM spans WHERE project = {project:String} AND trace_id IN ${idsSql(named, 16)}`,
    )
  for (const query of queries) {
    await forEachRow(store, query, { project }, (columns, row) => {
      found.add(columns.get('trace_id')![row] as string)
    })
  }
  return [...found]
}
