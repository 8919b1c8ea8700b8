import { type Indexed, indexedRuns } from '../latest-runs.ts'
import { textArraySql, textsSql } from '../native/query-native.ts'
import { describeChildren, type NestedRun } from '../run-model/child-runs.ts'
import { countOtherSpans } from '../run-model/other-spans.ts'
import type { ChildRun, RunRecord } from '../run-model/run.ts'
import { type QueryParams, rows, type Store } from '../store.ts'
import { CALLS, STEPS, splitArrays, toCalls, toSteps } from './run-arrays.ts'
import { addDetails, type Traced } from './run-details.ts'

/** A record as `runs` alone has it, but for the arrays of its steps and calls. */
type SelectedRecord = Omit<RunRecord, 'startUnixNano' | 'children' | 'otherSpans' | 'steps' | 'calls'> & {
  readonly startNs: string
  readonly spanCount: number
  readonly hasRoot: boolean
  readonly traceIds: readonly string[]
}

/** Bounds what the engine has in memory. */
const IDS_PER_QUERY = 2_000
/** Runs whose details are read together; their spans; the characters of their own inputs and outputs. */
const DETAILED_TOGETHER = { runs: 500, spans: 20_000, characters: 16 * 1024 * 1024 }

interface Reading {
  readonly project?: string
  /** Whether steps and calls have their details too: `Detail`. It reads the spans of all traces of the runs. Default false. */
  readonly details?: boolean
}

interface RunIds extends Reading {
  readonly runIds: readonly string[]
}

interface ExperimentId extends Reading {
  readonly experimentId: string
}

/** Runs for checks, scorers and comparisons; unknown ids are left out. Ordered by start. */
export async function getRunRecords(store: Store, params: RunIds | ExperimentId): Promise<RunRecord[]> {
  const { project = store.project, details = false } = params
  const found =
    'experimentId' in params
      ? select(store, project, 'experiment', [params.experimentId])
      : selectRuns(store, project, params.runIds)
  const records: RunRecord[] = []
  for await (const record of toRecords(store, project, found, details)) records.push(record)
  return records.sort((a, b) => Number(a.startUnixNano - b.startUnixNano) || (a.runId < b.runId ? -1 : 1))
}

/** The same one by one, in no order: inputs and outputs can be large, and need not be in memory together. */
export function readRunRecords(store: Store, params: RunIds): AsyncGenerator<RunRecord> {
  const { project = store.project, details = false } = params
  return toRecords(store, project, selectRuns(store, project, params.runIds), details)
}

async function* selectRuns(store: Store, project: string, runIds: readonly string[]): AsyncGenerator<Traced> {
  const ids = [...new Set(runIds)]
  for (let at = 0; at < ids.length; at += IDS_PER_QUERY)
    yield* select(store, project, 'run', ids.slice(at, at + IDS_PER_QUERY))
}

async function* toRecords(
  store: Store,
  project: string,
  found: AsyncIterable<Traced>,
  details: boolean,
): AsyncGenerator<RunRecord> {
  let together: Traced[] = []
  let [spans, characters] = [0, 0]
  for await (const traced of found) {
    if (!details) {
      yield traced.record
      continue
    }
    together.push(traced)
    spans += traced.spanCount
    characters += traced.record.input.length + traced.record.output.length
    const { runs: mostRuns, spans: mostSpans, characters: mostCharacters } = DETAILED_TOGETHER
    if (together.length < mostRuns && spans < mostSpans && characters < mostCharacters) continue
    yield* addDetails(store, project, together)
    together = []
    ;[spans, characters] = [0, 0]
  }
  yield* addDetails(store, project, together)
}

async function* select(
  store: Store,
  project: string,
  what: keyof typeof COLUMNS,
  values: readonly string[],
): AsyncGenerator<Traced> {
  const relation = `${indexedRuns(what, `arrayJoin(${textArraySql(values)})`)} AS run`
  const where = `is_deleted = 0 AND ${COLUMNS[what]} IN ${textsSql(values)}`
  const [childrenOf, result] = await Promise.all([
    readChildren(store, `SELECT run_id FROM ${relation} WHERE ${where}`, { project }),
    store.client.query({
      query: `${SELECT_RECORDS} FROM ${relation} WHERE ${where}`,
      query_params: { project },
      format: 'JSONEachRow',
    }),
  ])
  for await (const some of result.stream<SelectedRecord>()) {
    for (const row of some) {
      const { rest: selected, arrays } = splitArrays(row.json())
      const { startNs, traceIds, spanCount, hasRoot, ...plain } = selected
      const rest = { ...plain, steps: toSteps(arrays), calls: toCalls(arrays) }
      const record = {
        ...rest,
        startUnixNano: BigInt(startNs),
        otherSpans: countOtherSpans(rest, spanCount, hasRoot),
        children: childrenOf.get(rest.runId) ?? [],
      }
      yield { record, traceIds, spanCount }
    }
  }
}

const COLUMNS = { run: 'run_id', experiment: 'experiment_id' } as const satisfies Partial<
  Record<Indexed, string>
>

const SELECT_RECORDS = `
    SELECT
      run.run_id AS runId, lower(hex(run.trace_id)) AS traceId, arrayMap(id -> lower(hex(id)), run.trace_ids) AS traceIds, run.flow AS flow, run.version AS version,
      run.environment AS environment, run.source AS source, run.status AS status, toBool(run.incomplete) AS incomplete, run.lost_steps AS lostSteps,
      toString(toUnixTimestamp64Nano(run.start)) AS startNs, run.duration_ns AS durationNs,
      run.experiment_id AS experimentId, run.case_id AS caseId, run.trial AS trial, run.input AS input,
      run.output AS output, run.input_type AS inputType, run.output_type AS outputType,
      run.input_length AS inputLength, run.output_length AS outputLength, run.error_type AS errorType,
      run.error_message AS errorMessage, run.input_tokens AS inputTokens, run.output_tokens AS outputTokens,
      run.span_count AS spanCount, toBool(run.root_span_id != toFixedString('', 8)) AS hasRoot, run.cost AS cost, run.unpriced_tokens AS unpricedTokens, ${STEPS}, ${CALLS}`

const CONTENTS = `arrayDistinct(arrayConcat(
        arrayMap(name -> ('step', toString(name)), run.step_names),
        arrayMap((kind, name) -> (toString(kind), toString(name)), run.call_kinds, run.call_names)))`

/**
 * The runs that the selected ones started, by the id of the run that did.
 * @param runIds SQL: a subquery that gives the selected ones
 */
async function readChildren(
  store: Store,
  runIds: string,
  params: QueryParams,
): Promise<Map<string, ChildRun[]>> {
  const all = new Map<string, NestedRun>()
  for (let parents = runIds; ; ) {
    const relation = `${indexedRuns('parent', `arrayJoin((SELECT groupArray(run_id) FROM (${parents})))`)} AS run
      WHERE is_deleted = 0 AND parent_run_id IN (${parents})`
    const found = await rows<NestedRun>(
      store,
      `SELECT run.run_id AS runId, run.parent_run_id AS parentRunId, run.flow AS flow, run.status AS status,
        CAST(${CONTENTS}, 'Array(Tuple(kind String, name String))') AS contents, run.input_tokens AS inputTokens,
        run.output_tokens AS outputTokens, run.cost AS cost, run.unpriced_tokens AS unpricedTokens
      FROM ${relation} ORDER BY run.start, run.run_id`,
      params,
    )
    // Ids are declared: a run may be said to be below itself.
    const added = found.filter(({ runId }) => !all.has(runId))
    if (added.length === 0) return describeChildren([...all.values()])
    for (const run of added) all.set(run.runId, run)
    parents = `SELECT tuple(*).1 AS run_id FROM ${textsSql(added.map(({ runId }) => runId))}`
  }
}
