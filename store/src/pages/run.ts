import type { StepRecord } from '../run-record.ts'
import { firstRow, rows, type Store } from '../store.ts'
import { STEP_COLUMNS, type StepColumns, toSteps } from './run-records.ts'
import { RUN_ROW, type RunRow, type SelectedRunRow, toRunRow } from './run-row.ts'
import { readSpans, type SpanNode, toSpanTree } from './span-tree.ts'

/** A step execution on the page of its run. */
export interface RunStep extends StepRecord {
  /** The span of its last attempt, 16 hex digits. */
  readonly spanId: string
}

export interface RunPage {
  readonly run: RunRow
  readonly metadata: string
  readonly input: string
  readonly output: string
  readonly models: readonly string[]
  /** 16 hex digits; '' if no root was received. */
  readonly rootSpanId: string
  readonly traceIds: readonly string[]
  readonly steps: readonly RunStep[]
  /** Depth first, siblings by start; nested runs of the same traces are part of the tree. */
  readonly spans: readonly SpanNode[]
  /** More spans than were returned. */
  readonly spansCut: boolean
  /** Runs that this run started, oldest first: at most 100. */
  readonly children: readonly RunRow[]
  /** All of them. */
  readonly childCount: number
}

type DetailRow = SelectedRunRow &
  StepColumns & {
    readonly metadata: string
    readonly input: string
    readonly output: string
    readonly models: readonly string[]
    readonly rootSpanId: string
    readonly traceIds: readonly string[]
    readonly stepSpanIds: readonly string[]
  }

/** The id as stored of the run whose id is `runId` in upper or lower case; undefined if there is none. */
export async function findRunId(
  store: Store,
  { runId, project = store.project }: { runId: string; project?: string },
): Promise<string | undefined> {
  const runIds = [runId, runId.toLowerCase(), runId.toUpperCase()]
  const found = await rows<{ runId: string }>(
    store,
    `SELECT DISTINCT run_id AS runId FROM runs
    WHERE project = {project:String} AND run_id IN {runIds:Array(String)}`,
    { project, runIds },
  )
  return runIds.find((id) => found.some((row) => row.runId === id))
}

/** A run with its steps and the tree of its spans (at most `spanLimit`, default 10,000), or null. */
export async function getRunPage(
  store: Store,
  {
    runId,
    project = store.project,
    spanLimit = 10_000,
  }: { runId: string; project?: string; spanLimit?: number },
): Promise<RunPage | null> {
  const [row, found, children] = await Promise.all([
    readRun(store, project, runId),
    readSpans(store, { project, runId, limit: spanLimit }),
    readChildren(store, project, runId),
  ])
  if (!row) return null
  const { metadata, input, output, models, rootSpanId, traceIds } = row
  const steps = toSteps(row).map((step, i) => ({ ...step, spanId: row.stepSpanIds[i] ?? '' }))
  return {
    run: runRowOf(row),
    ...{ metadata, input, output, models, rootSpanId, traceIds, steps },
    spans: toSpanTree(found.slice(0, spanLimit), row),
    spansCut: found.length > spanLimit,
    ...children,
  }
}

function readRun(store: Store, project: string, runId: string): Promise<DetailRow | undefined> {
  return firstRow<DetailRow>(
    store,
    `SELECT ${RUN_ROW}, ${STEP_COLUMNS},
      run.metadata AS metadata, run.input AS input, run.output AS output, run.models AS models,
      if(run.root_span_id = toFixedString('', 8), '', lower(hex(run.root_span_id))) AS rootSpanId,
      arrayMap(id -> lower(hex(id)), run.trace_ids) AS traceIds,
      arrayMap(id -> lower(hex(id)), run.step_span_ids) AS stepSpanIds
    FROM runs AS run FINAL
    PREWHERE project = {project:String} AND run_id = {runId:String}
    ORDER BY run.settled DESC
    LIMIT 1`,
    { project, runId },
  )
}

async function readChildren(
  store: Store,
  project: string,
  runId: string,
): Promise<Pick<RunPage, 'children' | 'childCount'>> {
  const found = await rows<SelectedRunRow & { childCount: number }>(
    store,
    `SELECT ${RUN_ROW}, count() OVER () AS childCount
    FROM runs AS run FINAL
    WHERE project = {project:String} AND parent_run_id = {runId:String}
    ORDER BY run.start, run.run_id
    LIMIT 100`,
    { project, runId },
  )
  const children = found.map(({ childCount: _, ...row }) => toRunRow(row))
  return { children, childCount: found[0]?.childCount ?? 0 }
}

/** Only the fields of a list's row, without the steps and payloads that came with them. */
function runRowOf(row: DetailRow): RunRow {
  const { metadata, input, output, models, rootSpanId, traceIds, stepSpanIds, ...rest } = row
  const { stepNames, stepOccurrences, stepKinds, stepStatuses, stepStartsNs, ...more } = rest
  const { stepDurationsNs, stepAttempts, stepFallbacks, stepParents, ...run } = more
  return toRunRow(run)
}
