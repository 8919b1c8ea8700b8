import type { StepRecord } from '../run-record.ts'
import { firstRow, rows, type Store } from '../store.ts'
import { countSpans, readLateSpans, type SpanCounts } from './late-spans.ts'
import { STEP_COLUMNS, type StepColumns, toSteps } from './run-records.ts'
import { RUN_ROW, type RunRow, type SelectedRunRow, toRunRow } from './run-row.ts'
import { readSpans, type SelectedSpan, type SpanNode, toSpanTree } from './span-tree.ts'

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
  /**
   * Depth first, siblings by start; nested runs of the same traces are part of the tree. Of more than can be shown these are the
   * first, those with error and the one that was asked for, with the spans around them.
   */
  readonly spans: readonly SpanNode[]
  /** Of all spans of the tree, whichever were returned. */
  readonly tree: SpanCounts
  /** Of the run's own spans, without those of nested runs. */
  readonly own: SpanCounts
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

/**
 * A run with its steps and the tree of its spans, or null.
 * @param spanId a span to return wherever it is in the tree, 16 hex digits
 * @param spanLimit how many spans to return before those that are looked for, default 10,000
 */
export async function getRunPage(
  store: Store,
  {
    runId,
    project = store.project,
    spanId = '',
    spanLimit = 10_000,
  }: { runId: string; project?: string; spanId?: string; spanLimit?: number },
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
    ...(await readTree(store, row, found, { project, runId, spanId, limit: spanLimit })),
    ...children,
  }
}

type Tree = Pick<RunPage, 'spans' | 'tree' | 'own'>

/** The tree of a run from its first spans, one more than `limit` if there are more. */
async function readTree(
  store: Store,
  row: DetailRow,
  found: readonly SelectedSpan[],
  { project, runId, spanId, limit }: { project: string; runId: string; spanId: string; limit: number },
): Promise<Tree> {
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  if (found.length === shown.length || !last) {
    const spans = toSpanTree(shown, row)
    return { spans, tree: countOf(spans), own: countOf(spans.filter((span) => span.runId === runId)) }
  }
  const [late, counts] = await Promise.all([
    readLateSpans(store, { project, runId, spanId, last }),
    countSpans(store, { project, runId }),
  ])
  return { spans: toSpanTree([...shown, ...late], row), ...counts }
}

function countOf(spans: readonly SpanNode[]): SpanCounts {
  return { spans: spans.length, errors: spans.filter(({ status }) => status === 'error').length }
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
