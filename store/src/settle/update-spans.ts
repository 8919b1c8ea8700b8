import { execute, firstRow, type QueryParams, type Store } from '../store.ts'
import { BATCH_TRACES, type Batch, RECEIVED_SINCE, type Taken } from './batch.ts'
import { foldedFlow, OTHER_FLOWS } from './known-flows.ts'
import { OF_BATCH, PAYS, paramsOf } from './simple-traces.ts'

/** Corrects run and flow of the spans of a batch that have others, and takes usage off wrappers of usage. */
export async function updateSpans(store: Store, { id, since }: Batch): Promise<void> {
  const changed = await firstRow<{ spans: number }>(store, COUNT_CHANGED, { batch: id })
  if (!changed?.spans) return
  await withChanges(store, id, 'run_id String, flow String, superseded UInt8', async (table) => {
    await execute(store, `INSERT INTO {changes:Identifier} ${CHANGES}`, { batch: id, changes: table.name })
    await execute(store, UPDATE_SPANS, { batch: id, since, path: table.path })
  })
}

/** Gives the spans of simple runs their flow, where the wire did not say it. */
export async function updateFlows(store: Store, { id, since, version }: Taken): Promise<void> {
  await withChanges(store, id, 'flow String', async (table) => {
    const params = { batch: id, since, version, changes: table.name, path: table.path }
    await execute(store, `INSERT INTO {changes:Identifier} ${FLOWS}`, params)
    await execute(store, UPDATE_FLOWS, params)
  })
}

/** Takes usage off the spans of simple runs that repeat that of a child. */
export async function updateUsage(store: Store, taken: Taken): Promise<void> {
  await execute(store, UPDATE_USAGE, paramsOf(taken))
}

interface ChangesTable {
  readonly name: string
  /** As `joinGet` wants it. */
  readonly path: string
}

/** A table in memory from which an update reads new values by key; of each pass its own, as a key keeps its first value. */
async function withChanges(
  store: Store,
  batch: string,
  values: string,
  use: (table: ChangesTable) => Promise<void>,
): Promise<void> {
  const name = `settling_changes_${batch.replaceAll('-', '')}`
  const params: QueryParams = { changes: name }
  await execute(
    store,
    `CREATE TABLE {changes:Identifier} (key String, ${values}) ENGINE = Join(ANY, LEFT, key) SETTINGS persistent = 0`,
    params,
  )
  try {
    await use({ name, path: `${store.database}.${name}` })
  } finally {
    await execute(store, 'DROP TABLE IF EXISTS {changes:Identifier}', params)
  }
}

const COUNT_CHANGED = 'SELECT countIf(changed) AS spans FROM settling_spans WHERE batch = {batch:UUID}'

const SPAN_KEY = `concat(trace_id, span_id, project)`
const TRACE_KEY = `concat(trace_id, project)`

const CHANGES = `
  SELECT ${SPAN_KEY}, run_id, ${foldedFlow('flow')}, superseded FROM settling_spans WHERE batch = {batch:UUID} AND changed`

const USAGE = ['input_tokens', 'output_tokens', 'cached_input_tokens', 'reasoning_tokens', 'cost']
const counted = (column: string) =>
  `${column} = if(joinGet({path:String}, 'superseded', ${SPAN_KEY}), 0, ${column})`

/** Where the run is counted with others, its spans keep what they said. */
const flowOf = (key: string) => {
  const flow = `joinGet({path:String}, 'flow', ${key})`
  return `if(${flow} = '${OTHER_FLOWS}', flow, ${flow})`
}

const UPDATE_SPANS = `
  UPDATE spans SET
    run_id = joinGet({path:String}, 'run_id', ${SPAN_KEY}),
    flow = ${flowOf(SPAN_KEY)},
    ${USAGE.map(counted).join(',\n    ')}
  WHERE (project, trace_id, span_id) IN (
      SELECT project, trace_id, span_id FROM settling_spans WHERE batch = {batch:UUID} AND changed)
    AND ${RECEIVED_SINCE}`

/** Of the traces whose runs the pass has just written the simple way. */
const JUST_WRITTEN = `(project, trace_id) IN (
      SELECT project, trace_id FROM runs WHERE settled = toDateTime64({version:String}, 6, 'UTC'))
    AND (project, trace_id) IN ${BATCH_TRACES} AND ${RECEIVED_SINCE}`

const UPDATE_USAGE = `
  UPDATE spans SET ${USAGE.map((column) => `${column} = 0`).join(', ')}
  WHERE ${JUST_WRITTEN} AND ${PAYS} AND (project, trace_id, span_id) IN (
      SELECT project, trace_id, parent_span_id FROM spans WHERE ${OF_BATCH} AND ${PAYS})`

const FLOWS = `
  SELECT ${TRACE_KEY}, flow FROM runs
  WHERE settled = toDateTime64({version:String}, 6, 'UTC') AND (project, trace_id) IN ${BATCH_TRACES}`

const UPDATE_FLOWS = `
  UPDATE spans SET flow = ${flowOf(TRACE_KEY)}
  WHERE ${JUST_WRITTEN} AND flow = ''`
