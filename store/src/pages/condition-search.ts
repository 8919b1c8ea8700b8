import { forEachRow, idsSql } from '../native/query-native.ts'
import {
  type Condition,
  holds,
  runConditions,
  type SpanCondition,
  spanConditions,
} from '../run-query/condition.ts'
import type { Store } from '../store.ts'
import { readPlaced } from './read-placed.ts'

/** A run that a condition is true of as far as `runs` can tell. */
export interface Candidate {
  readonly runId: string
  /** 32 hex digits each. */
  readonly traceIds: readonly string[]
  readonly spanCount: number
  /** Which of the {@link runConditions} are true of it. */
  readonly truths: readonly number[]
}

/** SQL: what a {@link Candidate} has beside id and number of spans, from `runs AS run`. */
export function candidateColumns(condition: Condition): string {
  const truths = runConditions(condition).map(({ sql }) => `toUInt8(${sql})`)
  return `arrayMap(id -> lower(hex(id)), run.trace_ids) AS traceIds, CAST([${truths.join(', ')}], 'Array(UInt8)') AS truths`
}

/** Of the candidates, the runs that the condition is true of: by their own spans, not by those beside them in their traces. */
export async function trueOf<Run extends Candidate>(
  store: Store,
  { project, params }: { readonly project: string; readonly params: Readonly<Record<string, unknown>> },
  runs: readonly Run[],
  condition: Condition,
): Promise<Run[]> {
  const ofSpans = spanConditions(condition)
  if (runs.length === 0 || ofSpans.length === 0) return [...runs]
  const shared = new Set(await findShared(store, project, runs))
  const holders = await findHolders(store, { ...params, project }, [...shared], ofSpans)
  const ofRuns = runConditions(condition)
  return runs.filter(
    (run) =>
      !shared.has(run) ||
      holds(condition, (part) =>
        part.is === 'run'
          ? run.truths[ofRuns.indexOf(part)] === 1
          : holders[ofSpans.indexOf(part)]!.has(run.runId),
      ),
  )
}

/** Most traces hold one run: then all of their spans are its own. Gives the others. */
async function findShared<Run extends Candidate>(
  store: Store,
  project: string,
  runs: readonly Run[],
): Promise<Run[]> {
  const counts = new Map<string, number>()
  const lone = runs.flatMap(({ traceIds }) => (traceIds.length === 1 ? traceIds : []))
  const query = `SELECT trace_id, uniqExact(span_id) AS spans FROM spans PREWHERE ${ofTraces(lone)} GROUP BY trace_id`
  await forEachRow(store, query, { project }, (value) => {
    counts.set(value('trace_id') as string, value('spans') as number)
  })
  return runs.filter(
    ({ traceIds, spanCount }) => traceIds.length > 1 || counts.get(traceIds[0]!) !== spanCount,
  )
}

/** SQL: the condition on traces, for PREWHERE. */
function ofTraces(traceIds: readonly string[]): string {
  return `project = {project:String} AND trace_id IN ${idsSql([...new Set(traceIds)], 16)}`
}

/** For each condition, the runs in the traces of `runs` that have such a span. */
async function findHolders(
  store: Store,
  params: Readonly<Record<string, unknown>> & { readonly project: string },
  runs: readonly Candidate[],
  conditions: readonly SpanCondition[],
): Promise<Set<string>[]> {
  if (runs.length === 0) return []
  const ofOwn = ofTraces(runs.flatMap(({ traceIds }) => traceIds))
  const runOf = new Map<string, string>()
  for (const { facts, runId } of await readPlaced(store, ofOwn, { project: params.project }))
    runOf.set(facts.traceId + facts.spanId, runId)
  return Promise.all(
    conditions.map(async ({ anyOf }) => {
      const found = new Set<string>()
      const query = `SELECT trace_id, span_id FROM spans PREWHERE ${ofOwn} WHERE ${anyOf.map((sql) => `(${sql})`).join(' OR ')}`
      await forEachRow(store, query, params, (value) => {
        const [traceId, spanId] = [value('trace_id'), value('span_id')]
        // A span may have come since the traces were read.
        found.add(runOf.get(`${traceId}${spanId}`) ?? '')
      })
      return found
    }),
  )
}
