import type { Store } from '../store.ts'
import { select } from './rows.ts'
import type { CheckSummary, Experiment, ExperimentSummary, ScoreSummary } from './types.ts'

export interface ExperimentTotals {
  readonly summary: Omit<ExperimentSummary, keyof Experiment>
  readonly checks: readonly CheckSummary[]
}

/** The outcome of a trial from its grouped results: the worst of them. */
export const TRIAL_OUTCOME: string = `multiIf(countIf(outcome = 'error') > 0, 'error', countIf(outcome = 'failed') > 0, 'failed',
  countIf(outcome = 'unverifiable') > 0, 'unverifiable', 'passed')`

/** Totals of experiments. The function that it returns gives zeros for an experiment without results. */
export async function readTotals(
  store: Store,
  experimentIds: readonly string[],
): Promise<(experimentId: string) => ExperimentTotals> {
  if (experimentIds.length === 0) return () => EMPTY
  const [trials, names] = await Promise.all([
    trialTotals(store, experimentIds),
    nameTotals(store, experimentIds),
  ])
  return (id) =>
    toTotals(
      trials.find((row) => row.id === id),
      names.filter((row) => row.id === id),
    )
}

interface TrialTotals {
  readonly id: string
  readonly evaluated: number
  readonly passed: number
  readonly unverifiable: number
  readonly errors: number
  readonly meanDurationMs: number
}

function trialTotals(store: Store, ids: readonly string[]): Promise<TrialTotals[]> {
  return select<TrialTotals>(
    store,
    `SELECT id, toFloat64(count()) AS evaluated, toFloat64(countIf(trial_outcome = 'passed')) AS passed,
       toFloat64(countIf(trial_outcome = 'unverifiable')) AS unverifiable,
       toFloat64(countIf(trial_outcome = 'error')) AS errors, avg(task_ns) / 1e6 AS meanDurationMs
     FROM (SELECT experiment_id AS id, ${TRIAL_OUTCOME} AS trial_outcome,
             maxIf(duration_ns, kind = 'task') AS task_ns
           FROM results FINAL WHERE project = {project: String} AND experiment_id IN {ids: Array(String)}
           GROUP BY experiment_id, case_id, trial)
     GROUP BY id`,
    { ids },
  )
}

interface NameTotals extends CheckSummary, ScoreSummary {
  readonly id: string
  readonly kind: string
}

function nameTotals(store: Store, ids: readonly string[]): Promise<NameTotals[]> {
  return select<NameTotals>(
    store,
    `SELECT experiment_id AS id, kind, name, toFloat64(countIf(outcome = 'passed')) AS passed,
       toFloat64(countIf(outcome IN ('failed', 'error'))) AS failed,
       toFloat64(countIf(outcome = 'unverifiable')) AS unverifiable, toFloat64(countIf(outcome != 'error')) AS count,
       if(count = 0, 0, avgIf(score, outcome != 'error')) AS mean, minIf(score, outcome != 'error') AS min
     FROM results FINAL
     WHERE project = {project: String} AND experiment_id IN {ids: Array(String)} AND kind != 'task'
     GROUP BY experiment_id, kind, name ORDER BY kind, name`,
    { ids },
  )
}

const EMPTY: ExperimentTotals = {
  summary: {
    evaluated: 0,
    passed: 0,
    failed: 0,
    unverifiable: 0,
    errors: 0,
    passRate: 0,
    meanDurationMs: 0,
    scores: [],
  },
  checks: [],
}

function toTotals(trials: TrialTotals | undefined, names: readonly NameTotals[]): ExperimentTotals {
  if (trials === undefined) return EMPTY
  const { evaluated, passed, unverifiable, errors, meanDurationMs } = trials
  const scores = names
    // A scorer that always failed has no score.
    .filter(({ kind, count }) => kind === 'scorer' && count > 0)
    .map(({ name, mean, min, count }) => ({ name, mean, min, count }))
  const checks = names
    .filter((row) => row.kind === 'check')
    .map((row) => ({
      name: row.name,
      passed: row.passed,
      failed: row.failed,
      unverifiable: row.unverifiable,
    }))
  const failed = evaluated - passed - unverifiable - errors
  const passRate = evaluated === 0 ? 0 : passed / evaluated
  return {
    summary: { evaluated, passed, failed, unverifiable, errors, passRate, meanDurationMs, scores },
    checks,
  }
}
