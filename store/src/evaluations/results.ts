import { insertNative } from '../native/query-native.ts'
import type { ColumnToWrite } from '../native/write-native.ts'
import type { Store } from '../store.ts'
import { CASE_CHANGES } from './case-changes.ts'
import { TRIAL_OUTCOME } from './experiment-totals.ts'
import { insertApart } from './insert-apart.ts'
import { select } from './rows.ts'
import type {
  CaseChange,
  CaseCheckResult,
  CaseCursor,
  CaseResult,
  CaseResultPage,
  Outcome,
  Result,
} from './types.ts'

/** Rows per insert: bounded memory, few parts. */
const BATCH = 20_000

/**
 * Inserts or replaces results.
 * @returns them as they are stored: one that cannot be stored for its content is an error of a task, else unverifiable, and its reason
 * says why
 */
export async function insertResults(store: Store, results: readonly Result[]): Promise<Result[]> {
  const stored: Result[] = []
  const insert = (some: readonly Result[]) => insertNative(store, 'results', some, columnsOf(store.project))
  for (let from = 0; from < results.length; from += BATCH) {
    const batch = results.slice(from, from + BATCH)
    for (const result of await insertApart(batch, insert, unstorable)) stored.push(result)
  }
  return stored
}

function unstorable(result: Result, reason: string): Result {
  const outcome = result.kind === 'task' ? 'error' : 'unverifiable'
  return { ...result, outcome, score: 0, reason, durationNs: 0 }
}

/** The type of texts that come again and again. */
const WORD = 'LowCardinality(String)'

function columnsOf(project: string): ColumnToWrite<Result>[] {
  return [
    { name: 'project', type: WORD, value: () => project },
    { name: 'experiment_id', type: WORD, value: ({ experimentId }) => experimentId },
    { name: 'case_id', type: 'String', value: ({ caseId }) => caseId },
    { name: 'trial', type: 'UInt32', value: ({ trial }) => trial },
    { name: 'kind', type: WORD, value: ({ kind }) => kind },
    { name: 'name', type: WORD, value: ({ name }) => name },
    { name: 'outcome', type: WORD, value: ({ outcome }) => outcome },
    { name: 'score', type: 'Float64', value: ({ score }) => (Number.isFinite(score) ? score : 0) },
    { name: 'reason', type: 'String', value: ({ reason }) => reason },
    { name: 'run_id', type: 'String', value: ({ runId }) => runId },
    { name: 'duration_ns', type: 'UInt64', value: ({ durationNs }) => toUInt64(durationNs) },
  ]
}

function toUInt64(nanoseconds: number): number {
  if (nanoseconds >= 0 && nanoseconds < 2 ** 64) return Math.round(nanoseconds)
  throw new RangeError(`expected a duration of 0 to 2^64 ns, got ${nanoseconds}`)
}

/** All results of an experiment, or of one of its cases, in key order. */
export async function listResults(
  store: Store,
  params: { readonly experimentId: string; readonly caseId?: string },
): Promise<Result[]> {
  return select<Result>(
    store,
    `SELECT experiment_id AS experimentId, case_id AS caseId, trial, kind, name, outcome, score, reason,
       run_id AS runId, toFloat64(duration_ns) AS durationNs
     FROM results FINAL
     WHERE project = {project: String} AND experiment_id = {id: String} ${params.caseId === undefined ? '' : 'AND case_id = {caseId: String}'}
     ORDER BY case_id, trial, kind, name`,
    { id: params.experimentId, caseId: params.caseId ?? '' },
  )
}

/** A page of an experiment's trials, each beside the same trial of the baseline experiment. */
export async function listCaseResults(
  store: Store,
  params: {
    readonly experimentId: string
    /** Absent or '': no baseline columns. */
    readonly baselineExperimentId?: string
    /** Only trials with this outcome. */
    readonly outcome?: Outcome
    /** Only trials of cases that changed so; without a baseline every case is new. */
    readonly change?: CaseChange
    /** Only trials of this case. */
    readonly caseId?: string
    readonly limit?: number
    readonly after?: CaseCursor
  },
): Promise<CaseResultPage> {
  const limit = params.limit ?? 50
  const rows = await select<TrialRow>(store, casePage(params), {
    id: params.experimentId,
    baseline: params.baselineExperimentId ?? '',
    outcome: params.outcome ?? '',
    change: params.change ?? '',
    caseId: params.caseId ?? '',
    afterCase: params.after?.caseId ?? '',
    afterTrial: params.after?.trial ?? -1,
    limit: limit + 1,
  })
  const page = rows.slice(0, limit).map(toCaseResult)
  const last = page.at(-1)
  if (rows.length <= limit || last === undefined) return { rows: page }
  return { rows: page, next: { caseId: last.caseId, trial: last.trial } }
}

interface TrialRow {
  readonly case_id: string
  readonly trial: number
  readonly run_id: string
  readonly trial_outcome: Outcome
  readonly task_ns: number
  readonly judged: readonly CaseCheckResult[]
  /** '' if the baseline has no such trial. */
  readonly baseline_outcome: Outcome | ''
  readonly baseline_run_id: string
  readonly baseline_task_ns: number
  readonly baseline_judged: readonly CaseCheckResult[]
}

const JUDGED = 'Array(Tuple(kind String, name String, outcome String, score Float64, reason String))'

/** SQL: the trials of an experiment. */
function trials(experimentId: string, conditions: readonly string[]): string {
  return `SELECT case_id, trial, max(run_id) AS run_id, ${TRIAL_OUTCOME} AS trial_outcome,
      toFloat64(maxIf(duration_ns, kind = 'task')) AS task_ns,
      arraySort(item -> (item.kind != 'task', item.kind, item.name),
        CAST(groupArray((kind, name, outcome, score, reason)), '${JUDGED}')) AS judged
    FROM results FINAL
    WHERE ${['project = {project: String}', `experiment_id = ${experimentId}`, ...conditions].join(' AND ')}
    GROUP BY case_id, trial`
}

/** Every filter comes before the limit, so that a page is full whatever is filtered. */
function casePage({ caseId, change }: { readonly caseId?: string; readonly change?: CaseChange }): string {
  const ofCase = caseId === undefined ? [] : ['case_id = {caseId: String}']
  const changed =
    change === undefined
      ? []
      : [`case_id IN (SELECT case_id FROM (${CASE_CHANGES}) WHERE change = {change: String})`]
  const after = '(case_id, toInt64(trial)) > ({afterCase: String}, {afterTrial: Int64})'
  return `
  WITH page AS (
    ${trials('{id: String}', [...ofCase, ...changed, after])}
    HAVING {outcome: String} = '' OR trial_outcome = {outcome: String}
    ORDER BY case_id, trial LIMIT {limit: UInt32})
  SELECT page.case_id AS case_id, page.trial AS trial, page.run_id AS run_id,
    page.trial_outcome AS trial_outcome, page.task_ns AS task_ns, page.judged AS judged,
    toString(base.trial_outcome) AS baseline_outcome, base.run_id AS baseline_run_id,
    base.task_ns AS baseline_task_ns, base.judged AS baseline_judged
  FROM page LEFT JOIN (${trials('{baseline: String}', [...ofCase, "{baseline: String} != ''"])}) AS base
    ON page.case_id = base.case_id AND page.trial = base.trial
  ORDER BY case_id, trial`
}

function toCaseResult(row: TrialRow): CaseResult {
  const baseline = new Map(row.baseline_judged.map((item) => [`${item.kind} ${item.name}`, item]))
  const results = row.judged.map((item): CaseCheckResult => {
    const before = baseline.get(`${item.kind} ${item.name}`)
    if (before === undefined) return item
    return { ...item, baselineOutcome: before.outcome, baselineScore: before.score }
  })
  const result = {
    caseId: row.case_id,
    trial: row.trial,
    runId: row.run_id,
    outcome: row.trial_outcome,
    durationMs: row.task_ns / 1e6,
    results,
  }
  if (row.baseline_outcome === '') return result
  return {
    ...result,
    baselineOutcome: row.baseline_outcome,
    baselineRunId: row.baseline_run_id,
    baselineDurationMs: row.baseline_task_ns / 1e6,
  }
}
