import { UsageError } from '@weir/config'
import type { Store } from '../store.ts'
import { findExperiment } from './experiments.ts'
import { NO_LIMIT, replaceRows, select, toDateTime } from './rows.ts'
import type { Baseline } from './types.ts'

/** No such experiment, or one that did not finish. */
export class BaselineError extends UsageError {
  override readonly code: string = 'BASELINE'
}

/** Makes a finished experiment the baseline `name` of its evaluation; a later promotion replaces it. */
export async function promoteExperiment(
  store: Store,
  params: { readonly experimentId: string; readonly name?: string },
): Promise<Baseline> {
  const { experimentId, name = 'main' } = params
  const experiment = await findExperiment(store, { experimentId })
  if (experiment === undefined) {
    throw new BaselineError(
      `There is no experiment "${experimentId}". \`weir eval\` prints the ids of its experiments.`,
    )
  }
  if (experiment.status !== 'passed' && experiment.status !== 'failed') {
    throw new BaselineError(
      `Experiment "${experimentId}" is ${experiment.status}: only one that was evaluated can be a baseline.`,
    )
  }
  const { evaluation, flow, version, environment } = experiment
  const promoted = { name, evaluation, flow, experimentId, version, environment, windowFrom: 0, windowTo: 0 }
  await insertBaseline(store, promoted)
  return { ...promoted, promoted: Date.now() }
}

/** Freezes a window of production runs of a flow as the baseline `name`. */
export async function promoteWindow(
  store: Store,
  params: Omit<Baseline, 'experimentId' | 'promoted' | 'evaluation'>,
): Promise<Baseline> {
  const baseline = { ...params, evaluation: '', experimentId: '' }
  await insertBaseline(store, baseline)
  return { ...baseline, promoted: Date.now() }
}

async function insertBaseline(store: Store, baseline: Omit<Baseline, 'promoted'>): Promise<void> {
  await replaceRows(store, 'baselines', 'promoted', [
    {
      name: baseline.name,
      evaluation: baseline.evaluation,
      flow: baseline.flow,
      experiment_id: baseline.experimentId,
      version: baseline.version,
      environment: baseline.environment,
      window_from: toDateTime(baseline.windowFrom),
      window_to: toDateTime(baseline.windowTo),
    },
  ])
}

/** The newest first. */
export async function listBaselines(
  store: Store,
  params: {
    readonly evaluation?: string
    readonly flow?: string
    /** Only those that are one of these. */
    readonly experimentIds?: readonly string[]
    /** Default: all. */
    readonly limit?: number
  } = {},
): Promise<Baseline[]> {
  return select<Baseline>(
    store,
    `SELECT name, evaluation, flow, experiment_id AS experimentId, version, environment,
       toFloat64(toUnixTimestamp64Milli(window_from)) AS windowFrom,
       toFloat64(toUnixTimestamp64Milli(window_to)) AS windowTo,
       toFloat64(toUnixTimestamp64Micro(promoted)) / 1000 AS promoted
     FROM baselines FINAL WHERE project = {project: String}
       AND ({evaluation: String} = '' OR evaluation = {evaluation: String})
       AND ({flow: String} = '' OR flow = {flow: String})
       AND ({all: UInt8} OR experiment_id IN {experimentIds: Array(String)})
     ORDER BY baselines.promoted DESC LIMIT {limit: UInt32}`,
    {
      evaluation: params.evaluation ?? '',
      flow: params.flow ?? '',
      all: params.experimentIds === undefined ? 1 : 0,
      experimentIds: params.experimentIds ?? [],
      limit: params.limit ?? NO_LIMIT,
    },
  )
}

/** The experiment that a baseline's name, or an experiment's own id, stands for; undefined if neither exists. */
export async function resolveBaseline(
  store: Store,
  params: { readonly evaluation: string; readonly name: string },
): Promise<string | undefined> {
  const [row] = await select<{ experimentId: string }>(
    store,
    `SELECT experiment_id AS experimentId FROM baselines FINAL
     WHERE project = {project: String} AND evaluation = {evaluation: String} AND name = {name: String}
       AND experiment_id != ''`,
    { evaluation: params.evaluation, name: params.name },
  )
  if (row !== undefined) return row.experimentId
  return (await findExperiment(store, { experimentId: params.name }))?.experimentId
}
