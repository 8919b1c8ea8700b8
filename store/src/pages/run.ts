import { indexedRuns, isIndexed, isIndexedAtAll } from '../latest-runs.ts'
import { idsSql } from '../native/query-native.ts'
import { traceOfRunId } from '../run-model/assign-runs.ts'
import type { ModelUse, StepRecord, ValueType } from '../run-model/run.ts'
import { firstRow, rows, type Store } from '../store.ts'
import { parseCursor, toCursor } from './cursor.ts'
import { readPlaced } from './read-placed.ts'
import { type Arrays, MODELS, STEPS, splitArrays, toModels, toSteps } from './run-arrays.ts'
import { RUN_ROW, type RunRow, type SelectedRunRow, toRunRow } from './run-row.ts'
import { type SpanName, type SpanTree, toSpanTree } from './span-tree.ts'

/** A step execution on the page of its run. */
export interface RunStep extends StepRecord {
  /** The span of its last attempt: 32 and 16 hex digits. */
  readonly traceId: string
  readonly spanId: string
}

export interface RunPage extends SpanTree {
  readonly run: RunRow
  readonly metadata: string
  readonly input: string
  readonly output: string
  readonly inputType: ValueType
  readonly outputType: ValueType
  /** Characters before the value was cut; 0: it is whole. */
  readonly inputLength: number
  readonly outputLength: number
  /** By name and provider. */
  readonly models: readonly ModelUse[]
  /** 16 hex digits, in the trace of the run; '' if no root was received. */
  readonly rootSpanId: string
  readonly traceIds: readonly string[]
  readonly steps: readonly RunStep[]
  /** A page of the runs that this run started, oldest first. */
  readonly children: readonly RunRow[]
  /** How many there are on all pages. */
  readonly childCount: number
  /** Cursor of the next page of them; null on the last one. */
  readonly nextChildren: string | null
}

type Children = Pick<RunPage, 'children' | 'childCount' | 'nextChildren'>

/** What `runs` has of a page beside its row, but for the arrays of its steps and models. */
interface SelectedDetail extends Omit<RunPage, 'run' | 'steps' | 'models' | keyof SpanTree | keyof Children> {
  /** Places in `traceIds`, from 0. */
  readonly stepTraces: readonly number[]
  readonly stepSpanIds: readonly string[]
  /** Of rows that were replaced since, perhaps. */
  readonly mayHaveChildren: number
  readonly isDeleted: number
}

/**
 * The id as stored of the run whose id, or whose trace's id, is `runId` in upper or lower case; undefined if there is none.
 * Of several runs of a trace the first is meant.
 */
export async function findRunId(
  store: Store,
  { runId, project = store.project }: { runId: string; project?: string },
): Promise<string | undefined> {
  const runIds = [runId, runId.toLowerCase(), runId.toUpperCase()]
  const found = await rows<{ runId: string }>(
    store,
    `SELECT DISTINCT run_id AS runId FROM runs AS run
    WHERE project = {project:String} AND run_id IN {runIds:Array(String)} AND ${isIndexed('run', 'arrayJoin({runIds:Array(String)})')}`,
    { project, runIds },
  )
  const stored = runIds.find((id) => found.some((row) => row.runId === id))
  if (stored !== undefined || !/^[0-9a-f]{32}$/i.test(runId)) return stored
  const first = await firstRow<{ runId: string }>(
    store,
    `SELECT run_id AS runId FROM ${indexedRuns('trace', 'lower({runId:String})')} AS run
    WHERE is_deleted = 0 AND trace_id = toFixedString(unhex({runId:String}), 16)
    ORDER BY parent_run_id != '', start, run_id LIMIT 1`,
    { project, runId },
  )
  return first?.runId
}

/**
 * A run with its steps and the tree of its spans, or null.
 * @param span one to return wherever it is in the tree
 * @param spanLimit how many spans to return before those that are looked for, default 10,000
 * @param childCursor {@link RunPage.nextChildren} of the page before
 * @throws CursorError
 */
export async function getRunPage(
  store: Store,
  {
    runId,
    project = store.project,
    span,
    spanLimit = 10_000,
    childCursor,
  }: {
    runId: string
    project?: string
    span?: SpanName | undefined
    spanLimit?: number
    childCursor?: string | undefined
  },
): Promise<RunPage | null> {
  const ofTraces = (ids: readonly string[]) =>
    readPlaced(store, `project = {project:String} AND trace_id IN ${idsSql(ids, 16)}`, { project })
  // Most runs have one trace, which their id names: its spans need not wait for the row that says so. To find the traces within the
  // statement that reads them costs more than to wait.
  const named = traceOfRunId(runId)
  const [found, ofNamed] = await Promise.all([readRun(store, project, runId), named && ofTraces([named])])
  if (!found) return null
  const { metadata, input, output, inputType, outputType, inputLength, outputLength, ...rest } = found.rest
  const { rootSpanId, traceIds, stepTraces, stepSpanIds, mayHaveChildren, isDeleted: _, ...row } = rest
  const [placed, children] = await Promise.all([
    ofNamed && traceIds.join() === named ? ofNamed : ofTraces(traceIds),
    mayHaveChildren ? readChildren(store, project, runId, childCursor) : NO_CHILDREN,
  ])
  const run = toRunRow(row)
  const toStep = (step: StepRecord, at: number): RunStep => ({
    ...step,
    traceId: traceIds[stepTraces[at]!]!,
    spanId: stepSpanIds[at]!,
  })
  return {
    ...{ run, metadata, input, output, inputType, outputType, inputLength, outputLength },
    ...{ rootSpanId, traceIds },
    models: toModels(found.arrays),
    steps: toSteps(found.arrays).map(toStep),
    ...toSpanTree(placed, run.startUnixNano, { runId, limit: spanLimit, wanted: span }),
    ...children,
  }
}

async function readRun(
  store: Store,
  project: string,
  runId: string,
): Promise<{ rest: SelectedRunRow & SelectedDetail; arrays: Arrays } | undefined> {
  // Of each row that was ever the run's, the latest. A relation of the latest rows costs a fifth more: that of all columns is planned too.
  const found = await rows<SelectedRunRow & SelectedDetail>(
    store,
    `SELECT ${RUN_ROW}, ${STEPS}, ${MODELS},
      run.metadata AS metadata, run.input AS input, run.output AS output, run.input_type AS inputType,
      run.output_type AS outputType, run.input_length AS inputLength, run.output_length AS outputLength,
      if(run.root_span_id = toFixedString('', 8), '', lower(hex(run.root_span_id))) AS rootSpanId,
      arrayMap(id -> lower(hex(id)), run.trace_ids) AS traceIds, run.step_traces AS stepTraces,
      arrayMap(id -> lower(hex(id)), run.step_span_ids) AS stepSpanIds,
      ${isIndexedAtAll('parent', '{runId:String}')} AS mayHaveChildren, run.is_deleted AS isDeleted
    FROM runs AS run
    WHERE project = {project:String} AND ${isIndexed('run', '{runId:String}')} AND run_id = {runId:String}
    ORDER BY run.settled DESC
    LIMIT 1 BY run.run_key`,
    { project, runId },
  )
  const row = found.find(({ isDeleted }) => isDeleted === 0)
  return row && splitArrays(row)
}

const CHILDREN_PER_PAGE = 100
const NO_CHILDREN: Children = { children: [], childCount: 0, nextChildren: null }

async function readChildren(
  store: Store,
  project: string,
  runId: string,
  cursor: string | undefined,
): Promise<Children> {
  const after = parseCursor(cursor)
  const found = await rows<SelectedRunRow & { childCount: number }>(
    store,
    `SELECT * FROM (
      SELECT ${RUN_ROW}, count() OVER () AS childCount
      FROM ${indexedRuns('parent', '{runId:String}')} AS run
      WHERE is_deleted = 0 AND parent_run_id = {runId:String}
    )
    ${after ? 'WHERE (toInt64(startNs), runId) > ({key:Int64}, {id:String})' : ''}
    ORDER BY toInt64(startNs), runId
    LIMIT ${CHILDREN_PER_PAGE + 1}`,
    { project, runId, ...after },
  )
  const children = found.slice(0, CHILDREN_PER_PAGE).map(({ childCount: _, ...row }) => toRunRow(row))
  const last = children.at(-1)
  return {
    children,
    childCount: found[0]?.childCount ?? 0,
    nextChildren: found.length > CHILDREN_PER_PAGE && last ? toCursor(last.startUnixNano, last.runId) : null,
  }
}
