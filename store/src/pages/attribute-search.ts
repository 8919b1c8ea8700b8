import { forEachRow, idsSql } from '../native/query-native.ts'
import type { Store } from '../store.ts'
import { readPlaced } from './read-placed.ts'

export interface AttributeSearch {
  readonly key: string
  readonly value: string
}

/** How much earlier a span may come by the store's clock than it began by its own. */
const CLOCK_SLACK_MS = 600_000

/** SQL: whether a span has the attribute that `key<nth>` and `value<nth>` bind. */
function hasAttribute(nth: number, { value }: AttributeSearch): string {
  const [key, bound] = [`{key${nth}:String}`, `{value${nth}:String}`]
  return `attributes[${key}] = ${bound}${value === '' ? ` AND mapContains(attributes, ${key})` : ''}`
}

/**
 * SQL: whether a span in the traces of a run has an attribute, which is {@link holding | not always} one of the run. By the index
 * `attribute_bloom` of spans, among those that came since the window began; in a window that is still to come, among all of
 * them: what starts there has a clock that is wrong. A run of several traces is in `run_traces`, but for the trace that its id
 * begins with.
 */
export function mayHold(attribute: AttributeSearch, nth: number): string {
  const traces = `
      SELECT trace_id FROM spans
      WHERE project = {project:String}
        AND received >= if(fromUnixTimestamp64Nano({begin:Int64}, 'UTC') > now64(9, 'UTC'), toDateTime64(0, 3, 'UTC'),
          fromUnixTimestamp64Milli(intDiv({begin:Int64}, 1000000) - ${CLOCK_SLACK_MS}, 'UTC'))
        AND indexHint(has(
          arrayMap((key, value) -> cityHash64(key, value), mapKeys(attributes), mapValues(attributes)),
          cityHash64({key${nth}:String}, {value${nth}:String})))
        AND ${hasAttribute(nth, attribute)}`
  const continued = `(SELECT run_id, arrayJoin([trace_id, toFixedString(unhex(substring(run_id, 1, 32)), 16)]) AS one
        FROM run_traces WHERE project = {project:String})`
  return `(run.trace_id IN (${traces}) OR length(run.trace_ids) > 1 AND run.run_id IN (
      SELECT run_id FROM ${continued} WHERE one IN (${traces} AND trace_id IN (SELECT one FROM ${continued}))))`
}

/** What the attributes bind. */
export function attributeParams(attributes: readonly AttributeSearch[]): Record<string, string> {
  return Object.fromEntries(
    attributes.flatMap(({ key, value }, nth) => [
      [`key${nth}`, key],
      [`value${nth}`, value],
    ]),
  )
}

/** A run that {@link mayHold | may hold} attributes. */
export interface Candidate {
  readonly runId: string
  /** 32 hex digits each. */
  readonly traceIds: readonly string[]
  readonly spanCount: number
}

/** Of runs that may hold attributes, those that do: each attribute on any of their own spans. */
export async function holding<Run extends Candidate>(
  store: Store,
  project: string,
  runs: readonly Run[],
  attributes: readonly AttributeSearch[],
): Promise<Run[]> {
  if (runs.length === 0) return []
  const shared = new Set(await findShared(store, project, runs))
  const holders = await findHolders(store, project, [...shared], attributes)
  return runs.filter((run) => !shared.has(run) || holders.every((found) => found.has(run.runId)))
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

/** For each attribute, the runs in the traces of `runs` that have it on a span. */
async function findHolders(
  store: Store,
  project: string,
  runs: readonly Candidate[],
  attributes: readonly AttributeSearch[],
): Promise<Set<string>[]> {
  if (runs.length === 0) return []
  const condition = ofTraces(runs.flatMap(({ traceIds }) => traceIds))
  const runOf = new Map<string, string>()
  for (const { facts, runId } of await readPlaced(store, condition, { project }))
    runOf.set(facts.traceId + facts.spanId, runId)
  const bound = { project, ...attributeParams(attributes) }
  return Promise.all(
    attributes.map(async (attribute, nth) => {
      const found = new Set<string>()
      const query = `SELECT trace_id, span_id FROM spans PREWHERE ${condition} WHERE ${hasAttribute(nth, attribute)}`
      await forEachRow(store, query, bound, (value) => {
        const [traceId, spanId] = [value('trace_id'), value('span_id')]
        // A span may have come since the traces were read.
        found.add(runOf.get(`${traceId}${spanId}`) ?? '')
      })
      return found
    }),
  )
}
