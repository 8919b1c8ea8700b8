import type { Store } from '../store.ts'
import { TRIAL_OUTCOME } from './experiment-totals.ts'
import { select } from './rows.ts'
import type { CaseChangeCount, Outcome } from './types.ts'

/**
 * SQL: the cases of the experiment `{id}` with the outcomes of their trials, and how each changed against the experiment `{baseline}`.
 * A case passes if all of its trials do.
 */
export const CASE_CHANGES: string = `
  SELECT case_id, groupArrayIf(trial_outcome, experiment_id = {id: String}) AS outcomes,
    groupArrayIf(trial_outcome, experiment_id = {baseline: String}) AS baseline_outcomes,
    arrayAll(item -> item = 'passed', outcomes) AS passes,
    arrayAll(item -> item = 'passed', baseline_outcomes) AS passed,
    multiIf(empty(baseline_outcomes), 'new', passed AND NOT passes, 'broke', passes AND NOT passed, 'mended', 'same') AS change
  FROM (
    SELECT experiment_id, case_id, ${TRIAL_OUTCOME} AS trial_outcome
    FROM results FINAL
    WHERE project = {project: String} AND experiment_id IN ({id: String}, {baseline: String})
    GROUP BY experiment_id, case_id, trial)
  GROUP BY case_id HAVING notEmpty(outcomes)`

/** How the cases of an experiment changed against its baseline; a change that no case had is left out. */
export async function countCaseChanges(
  store: Store,
  params: {
    readonly experimentId: string
    readonly baselineExperimentId: string
    /** Counts only trials with this outcome. */
    readonly outcome?: Outcome
  },
): Promise<CaseChangeCount[]> {
  return select<CaseChangeCount>(
    store,
    `SELECT change, toFloat64(count()) AS cases,
       toFloat64(sum(arrayCount(item -> {outcome: String} IN ('', item), outcomes))) AS trials
     FROM (${CASE_CHANGES}) GROUP BY change ORDER BY change`,
    { id: params.experimentId, baseline: params.baselineExperimentId, outcome: params.outcome ?? '' },
  )
}
