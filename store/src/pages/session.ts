import { rows, type Store } from '../store.ts'
import { RUN_ROW, type RunRow, type SelectedRunRow, toRunRow } from './run-row.ts'

/** A run of a session, with the beginning of what went in and came out (at most 4,000 characters each). */
export interface SessionRun extends RunRow {
  readonly input: string
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
  const found = await rows<SelectedRunRow & { input: string; output: string }>(
    store,
    `SELECT ${RUN_ROW}, substringUTF8(run.input, 1, 4000) AS input, substringUTF8(run.output, 1, 4000) AS output
    FROM runs AS run FINAL
    WHERE project = {project:String} AND session_id = {sessionId:String}
    ORDER BY run.start, run.run_id
    LIMIT {limit:UInt32} + 1`,
    { project, sessionId, limit },
  )
  if (found.length === 0) return null
  const runs = found.slice(0, limit).map(toRunRow)
  const userIds = [...new Set(runs.map((run) => run.userId).filter((user) => user !== ''))]
  return { sessionId, userIds, runs, cut: found.length > limit }
}
