import { rows, type Store } from '../store.ts'
import { RUN_ROW, type RunRow, type SelectedRunRow, toRunRow } from './run-row.ts'

/** A run of a session, with the beginning of what went in and came out (at most 4,000 characters each). */
export interface SessionRun extends RunRow {
  readonly input: string
  /** The step whose input it is, where the run itself recorded none; else ''. */
  readonly inputStep: string
  readonly output: string
}

/** The runs of a session, in order. */
export interface SessionPage {
  readonly sessionId: string
  readonly userIds: readonly string[]
  /** Oldest first. */
  readonly runs: readonly SessionRun[]
  /** More runs than were returned. */
  readonly cut: boolean
}

/** A session's runs (the first `limit`, default 200), or null if it has none. */
export async function getSessionPage(
  store: Store,
  {
    sessionId,
    project = store.project,
    limit = 200,
  }: { sessionId: string; project?: string; limit?: number },
): Promise<SessionPage | null> {
  const found = await rows<SelectedRunRow & { input: string; output: string; firstStep: string }>(
    store,
    `SELECT ${RUN_ROW}, substringUTF8(run.input, 1, 4000) AS input, substringUTF8(run.output, 1, 4000) AS output,
      lower(hex(run.step_span_ids[1])) AS firstStep
    FROM runs AS run FINAL
    WHERE project = {project:String} AND session_id = {sessionId:String}
    ORDER BY run.start, run.run_id
    LIMIT {limit:UInt32} + 1`,
    { project, sessionId, limit },
  )
  if (found.length === 0) return null
  const inputs = await readStepInputs(store, project, found)
  const runs = found.slice(0, limit).map(({ firstStep, ...row }): SessionRun => {
    const step = row.input === '' ? inputs.get(row.traceId + firstStep) : undefined
    return { ...toRunRow(row), input: step?.input ?? row.input, inputStep: step?.name ?? '' }
  })
  const userIds = [...new Set(runs.map((run) => run.userId).filter((user) => user !== ''))]
  return { sessionId, userIds, runs, cut: found.length > limit }
}

/** Genkit's agents record what was said to them on their first step only. */
async function readStepInputs(
  store: Store,
  project: string,
  runs: readonly { readonly input: string; readonly traceId: string; readonly firstStep: string }[],
): Promise<Map<string, { name: string; input: string }>> {
  const silent = runs.filter((run) => run.input === '' && run.firstStep !== '')
  if (silent.length === 0) return new Map()
  const found = await rows<{ key: string; name: string; input: string }>(
    store,
    `SELECT lower(concat(hex(trace_id), hex(span_id))) AS key, name, substringUTF8(input, 1, 4000) AS input
    FROM spans FINAL
    PREWHERE project = {project:String} AND (trace_id, span_id) IN (
      SELECT toFixedString(unhex(substring(arrayJoin({keys:Array(String)}) AS key, 1, 32)), 16),
        toFixedString(unhex(substring(key, 33)), 8)
    )
    WHERE input != ''`,
    { project, keys: silent.map(({ traceId, firstStep }) => traceId + firstStep) },
  )
  return new Map(found.map((row) => [row.key, row]))
}
