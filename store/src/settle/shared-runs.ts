import { forEachRow, idsSql, textsSql } from '../native/query-native.ts'
import { traceOfRunId } from '../run-model/assign-runs.ts'
import type { Store } from '../store.ts'
import { readTraces } from './read-traces.ts'
import type { StoredSpans } from './stored-spans.ts'

/**
 * Traces that a run is put together of. A client that declares one id for all of its runs would have every pass read all that it
 * ever sent: what comes later of such a run becomes a run of its own, with the same id.
 */
const MOST_TRACES = 1_000

export interface Shared {
  /** The traces that were added. */
  readonly traceIds: ReadonlySet<string>
  /** The ids of runs with more than {@link MOST_TRACES} traces, which were not. */
  readonly crowdedRuns: ReadonlySet<string>
}

/**
 * Adds to the spans of some traces those of all that share a run with them: a run may be continued in another trace, which
 * declares its id.
 * @param spans by project; what is found of `project` is added
 * @param mayBeSettled whether a run or trace of this id may be stored; others are not looked for
 */
export async function addSharing(
  store: Store,
  project: string,
  spans: Map<string, StoredSpans>,
  mayBeSettled: (id: string) => boolean,
): Promise<Shared> {
  const own = spans.get(project)!
  const added = new Set<string>()
  const crowdedRuns = new Set<string>()
  for (let traceIds: Iterable<string> = own.traceIds; ; ) {
    const asked = [...runIdsOf(own, traceIds)].filter((id) => mayBeSettled(id) && !crowdedRuns.has(id))
    const found =
      asked.length === 0 ? [] : await findTraces(store, project, { runIds: asked, own, crowdedRuns })
    const missing = found.filter((traceId) => !own.has(traceId) && !added.has(traceId))
    if (missing.length === 0) return { traceIds: added, crowdedRuns }
    await readTraces(
      store,
      missing.map((traceId) => ({ project, traceId })),
      spans,
    )
    for (const traceId of missing) added.add(traceId)
    traceIds = missing
  }
}

function runIdsOf(spans: StoredSpans, traceIds: Iterable<string>): Set<string> {
  const all = new Set<string>()
  for (const traceId of traceIds) {
    for (const id of spans.runIds(traceId)) all.add(id)
  }
  return all
}

/**
 * The traces in groups, about `size` records of spans in each: those that share a run are in one group, whatever its size. What
 * one trace declares decides nothing about a group that it is not in.
 */
export function* groupTraces(spans: StoredSpans, size: number): Generator<string[]> {
  let [group, count]: [string[], number] = [[], 0]
  for (const sharing of sharingTraces(spans)) {
    for (const traceId of sharing) {
      group.push(traceId)
      count += spans.count(traceId)
    }
    if (count < size) continue
    yield group
    ;[group, count] = [[], 0]
  }
  if (group.length > 0) yield group
}

/** Sets of traces of which none shares a run with a trace of another set. */
function sharingTraces(spans: StoredSpans): Set<string[]> {
  const setOf = new Map<string, string[]>()
  const sets = new Set<string[]>()
  const holders = new Map<string, string>()
  for (const traceId of spans.traceIds) {
    let set = [traceId]
    setOf.set(traceId, set)
    sets.add(set)
    for (const runId of spans.runIds(traceId)) {
      const holder = holders.get(runId)
      if (holder === undefined) {
        holders.set(runId, traceId)
        continue
      }
      const other = setOf.get(holder)!
      if (other === set) continue
      const [from, to] = other.length < set.length ? [other, set] : [set, other]
      for (const moved of from) {
        to.push(moved)
        setOf.set(moved, to)
      }
      sets.delete(from)
      set = to
    }
  }
  return sets
}

interface FindParams {
  readonly runIds: readonly string[]
  /** What was read: these traces are not looked for. */
  readonly own: StoredSpans
  /** What is found of them is added. */
  readonly crowdedRuns: Set<string>
}

async function findTraces(
  store: Store,
  project: string,
  { runIds, own, crowdedRuns }: FindParams,
): Promise<string[]> {
  const ofRuns = new Map<string, string[]>()
  const declaring = `
    SELECT DISTINCT run_id, trace_id FROM run_traces
    WHERE project = {project:String} AND run_id IN ${textsSql(runIds)} LIMIT ${MOST_TRACES + 1} BY run_id`
  await forEachRow(store, declaring, { project }, (value) => {
    const runId = value('run_id') as string
    const traceIds = ofRuns.get(runId) ?? []
    if (traceIds.push(value('trace_id') as string) === 1) ofRuns.set(runId, traceIds)
  })
  for (const [runId, traceIds] of ofRuns) {
    if (traceIds.length <= MOST_TRACES) continue
    ofRuns.delete(runId)
    crowdedRuns.add(runId)
  }
  const found = new Set([...ofRuns.values()].flat())
  const named = runIds.flatMap((id) => traceOfRunId(id) ?? []).filter((id) => !own.has(id))
  if (named.length === 0) return [...found]
  const stored = `SELECT DISTINCT trace_id FROM spans WHERE project = {project:String} AND trace_id IN ${idsSql(named, 16)}`
  await forEachRow(store, stored, { project }, (value) => {
    found.add(value('trace_id') as string)
  })
  return [...found]
}
