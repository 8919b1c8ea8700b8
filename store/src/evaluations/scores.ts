import type { Store } from '../store.ts'
import { insertApart } from './insert-apart.ts'
import { insertRows, select, toDateTimeNano } from './rows.ts'
import type { Score, StoredScore } from './types.ts'

/**
 * Inserts or replaces judgements of runs.
 * @returns them as they are stored: one that ClickHouse refuses for its content is unverifiable, and its reason says why
 */
export function insertScores(store: Store, scores: readonly Score[]): Promise<Score[]> {
  return insertApart(
    scores,
    (some) => insertRows(store, 'scores', some.map(toRow)),
    (score, reason) => ({ ...score, outcome: 'unverifiable', score: 0, reason }),
  )
}

function toRow(score: Score): Record<string, unknown> {
  return {
    run_id: score.runId,
    source: score.source,
    author: score.author,
    name: score.name,
    kind: score.kind,
    flow: score.flow,
    run_start: toDateTimeNano(score.runStartUnixNano),
    outcome: score.outcome,
    score: score.score,
    reason: score.reason,
  }
}

type ScoreRow = Omit<StoredScore, 'runStartUnixNano'> & { readonly runStartText: string }

const SCORE_COLUMNS = `run_id AS runId, source, author, name, kind, flow,
  toString(toUnixTimestamp64Nano(run_start)) AS runStartText, outcome, score, reason,
  toFloat64(toUnixTimestamp64Micro(created)) / 1000 AS createdMs`

function toScore({ runStartText, ...row }: ScoreRow): StoredScore {
  return { ...row, runStartUnixNano: BigInt(runStartText) }
}

/** Everything that judged a run: monitors, people, the API. */
export async function getRunScores(store: Store, params: { readonly runId: string }): Promise<StoredScore[]> {
  const rows = await select<ScoreRow>(
    store,
    `SELECT ${SCORE_COLUMNS} FROM scores FINAL WHERE project = {project: String} AND run_id = {runId: String}
     ORDER BY source, author, name`,
    { runId: params.runId },
  )
  return rows.map(toScore)
}

/** The newest judgements of a flow's runs that did not pass, or all of them. */
export async function listFlowScores(
  store: Store,
  params: {
    readonly flow: string
    /** Milliseconds since 1970. */
    readonly since: number
    readonly onlyNotPassed?: boolean
    readonly limit?: number
  },
): Promise<StoredScore[]> {
  const rows = await select<ScoreRow>(
    store,
    `SELECT ${SCORE_COLUMNS} FROM scores FINAL
     WHERE project = {project: String} AND flow = {flow: String}
       AND run_start >= fromUnixTimestamp64Milli({since: Int64})
       AND ({all: UInt8} = 1 OR outcome != 'passed')
     ORDER BY run_start DESC LIMIT {limit: UInt32}`,
    {
      flow: params.flow,
      since: params.since,
      all: params.onlyNotPassed === true ? 0 : 1,
      limit: params.limit ?? 100,
    },
  )
  return rows.map(toScore)
}
