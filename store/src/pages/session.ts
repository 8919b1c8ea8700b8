import { indexedRuns } from '../latest-runs.ts'
import { firstRow, rows, type Store } from '../store.ts'
import { parseCursor, toCursor } from './cursor.ts'
import { RUN_ROW, type RunRow, type SelectedRunRow, toRunRow } from './run-row.ts'

/** A run of a session, with the beginning of what went in and came out (at most 4,000 characters each). */
export interface SessionRun extends RunRow {
  readonly input: string
  /** The step whose input it is, where the run itself recorded none; else ''. */
  readonly inputStep: string
  readonly output: string
}

/** What a session consists of, and a page of its runs. */
export interface SessionPage {
  readonly sessionId: string
  /** At most 20, of `totals.users`. */
  readonly userIds: readonly string[]
  /** Of the whole session. */
  readonly totals: SessionTotals
  /** Oldest first. */
  readonly runs: readonly SessionRun[]
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null
}

interface SessionTotals {
  readonly runs: number
  /** Runs with status error. */
  readonly errors: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
  /** As `Usage.unpricedTokens`. */
  readonly unpricedTokens: number
  readonly users: number
  /** Start of the first and of the last run, milliseconds since 1970. */
  readonly firstMs: number
  readonly lastMs: number
}

/** A page of a session's runs (`limit`, default 50), by key; null if it has none. */
export async function getSessionPage(
  store: Store,
  {
    sessionId,
    project = store.project,
    cursor,
    limit = 50,
  }: { sessionId: string; project?: string; cursor?: string | undefined; limit?: number },
): Promise<SessionPage | null> {
  const after = parseCursor(cursor)
  const found = await rows<SelectedRunRow & { input: string; output: string; firstStep: string }>(
    store,
    `SELECT ${RUN_ROW}, substringUTF8(run.input, 1, 4000) AS input, substringUTF8(run.output, 1, 4000) AS output,
      if(empty(run.step_span_ids), '', lower(concat(hex(run.trace_ids[run.step_traces[1] + 1]), hex(run.step_span_ids[1])))) AS firstStep
    FROM ${OF_SESSION} AS run
    WHERE is_deleted = 0 AND session_id = {sessionId:String}
      ${after ? `AND (run.start, run.run_id) > (fromUnixTimestamp64Nano({key:Int64}, 'UTC'), {id:String})` : ''}
    ORDER BY run.start, run.run_id
    LIMIT {limit:UInt32} + 1`,
    { project, sessionId, ...after, limit },
  )
  // Most sessions are on one page.
  const isWhole = after === undefined && found.length <= limit
  const [totals, inputs] = await Promise.all([
    isWhole ? sumUp(found) : firstRow<Totals>(store, TOTALS, { project, sessionId }),
    readStepInputs(store, project, found),
  ])
  if (!totals?.runs) return null
  const runs = found.slice(0, limit).map(({ firstStep, ...row }): SessionRun => {
    const step = row.input === '' ? inputs.get(firstStep) : undefined
    return { ...toRunRow(row), input: step?.input ?? row.input, inputStep: step?.name ?? '' }
  })
  const last = runs.at(-1)
  const next = found.length > limit && last ? toCursor(last.startUnixNano, last.runId) : null
  const { userIds, ...sums } = totals
  return { sessionId, userIds, totals: sums, runs, next }
}

const OF_SESSION = indexedRuns('session', '{sessionId:String}')

type Totals = SessionTotals & Pick<SessionPage, 'userIds'>

const MOST_USERS = 20

/** As `TOTALS`, of all runs of a session. */
function sumUp(rows: readonly SelectedRunRow[]): Totals {
  const sum = (of: (row: SelectedRunRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const users = [...new Set(rows.map(({ userId }) => userId).filter((user) => user !== ''))].sort()
  const starts = rows.map(({ startNs }) => BigInt(startNs) / 1_000_000n).sort((a, b) => Number(a - b))
  return {
    runs: rows.length,
    errors: sum(({ status }) => (status === 'error' ? 1 : 0)),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cost: sum(({ cost }) => cost),
    unpricedTokens: sum(({ unpricedTokens }) => unpricedTokens),
    users: users.length,
    userIds: users.slice(0, MOST_USERS),
    firstMs: Number(starts[0] ?? 0n),
    lastMs: Number(starts.at(-1) ?? 0n),
  }
}

const TOTALS = `
  SELECT
    count() AS runs, countIf(status = 'error') AS errors, sum(run.input_tokens) AS inputTokens,
    sum(run.output_tokens) AS outputTokens, sum(run.cost) AS cost,
    sum(run.unpriced_tokens) AS unpricedTokens,
    toFloat64(toUnixTimestamp64Milli(min(run.start))) AS firstMs, toFloat64(toUnixTimestamp64Milli(max(run.start))) AS lastMs,
    uniqExactIf(user_id, user_id != '') AS users,
    arraySort(groupUniqArrayIf(${MOST_USERS})(user_id, user_id != '')) AS userIds
  FROM ${OF_SESSION} AS run
  WHERE is_deleted = 0 AND session_id = {sessionId:String}`

/** Genkit's agents record what was said to them on their first step only. */
async function readStepInputs(
  store: Store,
  project: string,
  runs: readonly { readonly input: string; readonly firstStep: string }[],
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
    { project, keys: silent.map(({ firstStep }) => firstStep) },
  )
  return new Map(found.map((row) => [row.key, row]))
}
