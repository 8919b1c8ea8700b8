import type { Store } from '../store.ts'
import { readTotals } from './experiment-totals.ts'
import { EXPERIMENT_COLUMNS, type ExperimentRow, toExperiment } from './experiments.ts'
import { NO_LIMIT, select } from './rows.ts'
import type { EvaluationSummary, Experiment, ExperimentDetail, ExperimentSummary } from './types.ts'

/** Newest first; `after` is the last row of the page before. */
export async function listExperiments(
  store: Store,
  params: {
    readonly evaluation?: string
    readonly flow?: string
    readonly limit?: number
    readonly after?: Pick<Experiment, 'startedMs' | 'experimentId'>
  } = {},
): Promise<ExperimentSummary[]> {
  const rows = await select<ExperimentRow>(
    store,
    `SELECT ${EXPERIMENT_COLUMNS} FROM experiments FINAL
     WHERE project = {project: String}
       AND ({evaluation: String} = '' OR evaluation = {evaluation: String})
       AND ({flow: String} = '' OR flow = {flow: String})
       AND ({started: Int64} = 0 OR (-startedMs, experiment_id) > (-{started: Int64}, {id: String}))
     ORDER BY startedMs DESC, experiment_id LIMIT {limit: UInt32}`,
    {
      evaluation: params.evaluation ?? '',
      flow: params.flow ?? '',
      started: params.after?.startedMs ?? 0,
      id: params.after?.experimentId ?? '',
      limit: params.limit ?? 50,
    },
  )
  return summarise(store, rows)
}

/** The newest experiments of each evaluation, newest first: at most `limit` of each. */
export async function listTrends(
  store: Store,
  params: { readonly evaluations: readonly string[]; readonly limit: number },
): Promise<Map<string, ExperimentSummary[]>> {
  const rows = await select<ExperimentRow>(
    store,
    `SELECT ${EXPERIMENT_COLUMNS} FROM experiments FINAL
     WHERE project = {project: String} AND evaluation IN {evaluations: Array(String)}
     ORDER BY started DESC, experiment_id LIMIT {limit: UInt32} BY evaluation`,
    params,
  )
  return Map.groupBy(await summarise(store, rows), ({ evaluation }) => evaluation)
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

/**
 * Evaluations with their latest experiments, the most recently run first: all of them, or `limit` after the last row of
 * the page before.
 */
export async function listEvaluations(
  store: Store,
  params: { readonly limit?: number; readonly after?: Pick<Experiment, 'startedMs' | 'evaluation'> } = {},
): Promise<EvaluationSummary[]> {
  const rows = await select<ExperimentRow & { experiments: number }>(
    store,
    `SELECT * FROM (
       SELECT ${EXPERIMENT_COLUMNS}, toFloat64(count() OVER (PARTITION BY evaluation)) AS experiments
       FROM experiments FINAL WHERE project = {project: String}
       ORDER BY started DESC LIMIT 1 BY evaluation)
     WHERE {started: Int64} = 0 OR (-startedMs, evaluation) > (-{started: Int64}, {evaluation: String})
     ORDER BY startedMs DESC, evaluation LIMIT {limit: UInt32}`,
    {
      started: params.after?.startedMs ?? 0,
      evaluation: params.after?.evaluation ?? '',
      limit: params.limit ?? NO_LIMIT,
    },
  )
  const names = await select<{ evaluation: string; names: string[] }>(
    store,
    `SELECT evaluation, groupArray(name) AS names FROM
       (SELECT evaluation, name FROM baselines FINAL
        WHERE project = {project: String} AND evaluation IN {evaluations: Array(String)} ORDER BY name)
     GROUP BY evaluation`,
    { evaluations: rows.map(({ evaluation }) => evaluation) },
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
