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
  /** Else all spans of its traces are its own. */
  readonly sharesTraces: boolean
  /** Which of the {@link runConditions} are true of it. */
  readonly truths: readonly number[]
}

/** SQL: what a {@link Candidate} has beside its id, from `runs AS run`. */
export function candidateColumns(condition: Condition): string {
  const truths = runConditions(condition).map(({ sql }) => `toUInt8(${sql})`)
  return `arrayMap(id -> lower(hex(id)), run.trace_ids) AS traceIds, toBool(run.shares_traces) AS sharesTraces, CAST([${truths.join(', ')}], 'Array(UInt8)') AS truths`
}

/** Of the candidates, the runs that the condition is true of: by their own spans, not by those beside them in their traces. */
export async function trueOf<Run extends Candidate>(
  store: Store,
  { project, params }: { readonly project: string; readonly params: Readonly<Record<string, unknown>> },
  runs: readonly Run[],
  condition: Condition,
): Promise<Run[]> {
  const ofSpans = spanConditions(condition)
  const sharing = ofSpans.length === 0 ? [] : runs.filter(({ sharesTraces }) => sharesTraces)
  if (sharing.length === 0) return [...runs]
  const holders = await findHolders(store, { ...params, project }, sharing, ofSpans)
  const ofRuns = runConditions(condition)
  return runs.filter(
    (run) =>
      !run.sharesTraces ||
      holds(condition, (part) =>
        part.is === 'run'
          ? run.truths[ofRuns.indexOf(part)] === 1
          : holders[ofSpans.indexOf(part)]!.has(run.runId),
      ),
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
