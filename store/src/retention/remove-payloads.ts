import { randomUUID } from 'node:crypto'
import { execute, firstRow, type Store } from '../store.ts'
import { keptRuns, UNSETTLED } from './kept-runs.ts'
import { beginRemoval, finishRemoval, OF_BATCH, type Removal } from './removals.ts'
import { rewriteTable } from './rewrite-table.ts'

/** Chooses the payloads of a project that came before a time; undefined: there are none. */
export async function expirePayloads(
  store: Store,
  project: string,
  before: string,
): Promise<Removal | undefined> {
  const kept = await keptRuns(store, project)
  const batch = randomUUID()
  const keep = `
    INSERT INTO retention_traces (batch, trace_id)
    SELECT {batch:UUID}, trace_id FROM (
      SELECT arrayJoin(run.trace_ids) AS trace_id FROM runs AS run FINAL WHERE run.project = {project:String} AND ${kept.sql}
      UNION DISTINCT ${UNSETTLED})`
  await execute(store, keep, { ...kept.params, project, batch })
  const counted = await firstRow<Pick<Removal, 'runs' | 'spans' | 'started'>>(store, COUNT, {
    project,
    batch,
    before,
  })
  if (counted!.runs + counted!.spans === 0) {
    await execute(store, 'DELETE FROM retention_traces WHERE batch = {batch:UUID}', { batch })
    return undefined
  }
  const removal: Removal = { project, batch, kind: 'payloads', before, bytes: 0, ...counted! }
  await beginRemoval(store, removal)
  return removal
}

/** Empties the payloads of a batch. Doing it again changes nothing: only what has a payload is written anew. */
export async function removePayloads(store: Store, removal: Removal): Promise<Removal> {
  const { project, batch, before } = removal
  const params = { project, batch, before }
  const ofSpans = await rewriteTable(store, 'spans', `UPDATE ${EMPTY_SPAN} WHERE ${SPANS}`, params)
  const ofRuns = await rewriteTable(store, 'runs', `UPDATE ${EMPTY_RUN} WHERE ${RUNS}`, params)
  const finished = { ...removal, bytes: ofSpans + ofRuns }
  await finishRemoval(store, finished)
  return finished
}

const SPANS = `project = {project:String} AND received < toDateTime64({before:String}, 6, 'UTC') AND trace_id NOT ${OF_BATCH}
    AND (input != '' OR output != '' OR metadata != '' OR events != '' OR notEmpty(attributes))`

/** A run has the input and output of its spans. */
const RUNS = `project = {project:String} AND settled < toDateTime64({before:String}, 6, 'UTC') AND trace_id NOT ${OF_BATCH}
    AND (input != '' OR output != '' OR metadata != '')`

const COUNT = `
  SELECT
    (SELECT count() FROM runs FINAL WHERE ${RUNS}) AS runs,
    (SELECT count() FROM spans FINAL WHERE ${SPANS}) AS spans,
    toString(now64(6, 'UTC')) AS started`

/** An empty text of which the length before it was cut is known was removed: whoever cuts a text leaves its beginning. */
const lengthOf = (name: string) =>
  `${name}_length = if(${name} = '' OR ${name}_length > 0, ${name}_length, toUInt32(lengthUTF8(${name})))`

const EMPTY_RUN = `input = '', output = '', metadata = '', ${lengthOf('input')}, ${lengthOf('output')}`

/** OTLP itself says of attributes and events that there were more. */
const EMPTY_SPAN = `${EMPTY_RUN}, events = '', attributes = CAST(map(), 'Map(LowCardinality(String), String)'), attribute_types = '',
    dropped_attributes = dropped_attributes + toUInt32(length(attribute_types)),
    dropped_events = dropped_events + toUInt32(if(events = '', 0, JSONLength(events)))`
