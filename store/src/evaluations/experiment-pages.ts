import type { Store } from '../store.ts'
import { readTotals } from './experiment-totals.ts'
import { EXPERIMENT_COLUMNS, type ExperimentRow, toExperiment } from './experiments.ts'
import { select } from './rows.ts'
import type { EvaluationSummary, ExperimentDetail, ExperimentSummary } from './types.ts'

/** Newest first; `before` is the `started` of the last row of the page before. */
export async function listExperiments(
  store: Store,
  params: { readonly evaluation?: string; readonly limit?: number; readonly before?: number } = {},
): Promise<ExperimentSummary[]> {
  const rows = await select<ExperimentRow>(
    store,
    `SELECT ${EXPERIMENT_COLUMNS} FROM experiments FINAL
     WHERE project = {project: String}
       AND ({evaluation: String} = '' OR evaluation = {evaluation: String})
       AND ({before: Float64} = 0 OR toUnixTimestamp64Milli(started) < {before: Float64})
     ORDER BY started DESC, experiment_id LIMIT {limit: UInt32}`,
    { evaluation: params.evaluation ?? '', before: params.before ?? 0, limit: params.limit ?? 50 },
  )
  return summarise(store, rows)
}

/** An experiment with the totals of its results; undefined if there is none. */
export async function getExperiment(
  store: Store,
  params: { readonly experimentId: string },
): Promise<ExperimentDetail | undefined> {
  const rows = await select<ExperimentRow>(
    store,
    `SELECT ${EXPERIMENT_COLUMNS} FROM experiments FINAL
     WHERE project = {project: String} AND experiment_id = {id: String}`,
    { id: params.experimentId },
  )
  const [row] = rows
  if (row === undefined) return undefined
  const totals = (await readTotals(store, [row.experimentId]))(row.experimentId)
  return { ...toExperiment(row), ...totals.summary, checks: totals.checks }
}

/** Every evaluation with its latest experiment, the most recently run first. */
export async function listEvaluations(store: Store): Promise<EvaluationSummary[]> {
  const rows = await select<ExperimentRow & { experiments: number }>(
    store,
    `SELECT ${EXPERIMENT_COLUMNS}, toFloat64(count() OVER (PARTITION BY evaluation)) AS experiments
     FROM experiments FINAL WHERE project = {project: String}
     ORDER BY started DESC LIMIT 1 BY evaluation`,
  )
  const names = await select<{ evaluation: string; names: string[] }>(
    store,
    `SELECT evaluation, groupArray(name) AS names FROM
       (SELECT evaluation, name FROM baselines FINAL WHERE project = {project: String} ORDER BY name)
     GROUP BY evaluation`,
  )
  const baselines = new Map(names.map((row) => [row.evaluation, row.names]))
  const latest = await summarise(
    store,
    rows.map(({ experiments: _, ...row }) => row),
  )
  return latest.map((experiment, index) => ({
    evaluation: experiment.evaluation,
    experiments: rows[index]!.experiments,
    latest: experiment,
    baselines: baselines.get(experiment.evaluation) ?? [],
  }))
}

async function summarise(store: Store, rows: readonly ExperimentRow[]): Promise<ExperimentSummary[]> {
  const totals = await readTotals(
    store,
    rows.map((row) => row.experimentId),
  )
  return rows.map((row) => ({ ...toExperiment(row), ...totals(row.experimentId).summary }))
}
