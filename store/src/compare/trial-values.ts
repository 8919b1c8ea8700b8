import { TRIAL_OUTCOME } from '../evaluations/experiment-totals.ts'
import { indexedRuns } from '../latest-runs.ts'
import { rows, type Store } from '../store.ts'
import type { TrialValues } from './measure-cases.ts'

interface Row {
  readonly kind: TrialValues['kind']
  readonly name: string
  readonly caseIds: readonly string[]
  readonly values: readonly number[]
}

/**
 * What an experiment says of each trial: whether it passed, its scores, and what its runs cost together. A scorer that failed gives no
 * score; a trial with tokens that nobody knows the price of gives no cost. No cost is given where nothing cost anything.
 */
export async function readTrialValues(store: Store, experimentId: string): Promise<TrialValues[]> {
  const results = `FROM results FINAL WHERE project = {project: String} AND experiment_id = {experimentId: String}`
  const listed = `groupArray(case_id) AS caseIds, groupArray(value) AS values`
  const found = await rows<Row>(
    store,
    `SELECT 'pass rate' AS kind, '' AS name, ${listed} FROM (
       SELECT case_id, trial, toFloat64(${TRIAL_OUTCOME} = 'passed') AS value ${results}
       GROUP BY case_id, trial ORDER BY case_id, trial)
     UNION ALL
     SELECT 'score', name, ${listed} FROM (
       SELECT name, case_id, trial, score AS value ${results} AND kind = 'scorer' AND outcome != 'error'
       ORDER BY name, case_id, trial) GROUP BY name
     UNION ALL
     SELECT 'cost', '', ${listed} FROM (
       SELECT case_id, trial, sum(cost) AS value FROM ${indexedRuns('experiment', '{experimentId: String}')} AS run
       WHERE experiment_id = {experimentId: String} AND is_deleted = 0 AND (parent_run_id != '' OR run_id IN (SELECT run_id ${results}))
       GROUP BY case_id, trial HAVING sum(unpriced_tokens) = 0 ORDER BY case_id, trial)`,
    { project: store.project, experimentId },
  )
  const order = ['pass rate', 'cost', 'score']
  return found
    .filter(({ kind, values }) => values.length > 0 && (kind !== 'cost' || values.some((cost) => cost > 0)))
    .map(({ kind, name, caseIds, values }) => ({
      kind,
      name,
      values: values.map((value, i) => ({ caseId: caseIds[i]!, value })),
    }))
    .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : 1))
}
