import { UsageError } from '@weir/config'
import type { Store } from '../store.ts'
import { findExperiment } from './experiments.ts'
import { NO_LIMIT, replaceRows, select } from './rows.ts'
import type { Baseline, Experiment } from './types.ts'

/** No such experiment, or one that later ones should not be compared with. */
export class BaselineError extends UsageError {
  override readonly code: string = 'BASELINE'
}

/**
 * Makes a finished experiment the baseline `name` of its evaluation; a later promotion replaces it.
 * @param params - `force`: even if it failed, or ran only some of its cases
 * @throws BaselineError
 */
export async function promoteExperiment(
  store: Store,
  params: { readonly experimentId: string; readonly name?: string; readonly force?: boolean },
): Promise<Baseline> {
  const { experimentId, name = 'main', force = false } = params
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
  if (!force) requireGood(experiment)
  const { evaluation, flow, version, environment } = experiment
  const row = { name, evaluation, flow, experiment_id: experimentId, version, environment }
  await replaceRows(store, 'baselines', 'promoted', [row])
  const promotedMs = Date.now()
  const window = { windowFromMs: 0, windowToMs: 0 }
  return { name, evaluation, flow, experimentId, version, environment, ...window, promotedMs }
}

/** @throws BaselineError for an experiment beside which a bad one could look good */
function requireGood({ experimentId, status, gates, definition }: Experiment): void {
  if (status === 'failed') {
    const broken = gates.find(({ outcome }) => outcome !== 'passed')
    throw new BaselineError(
      `Experiment "${experimentId}" failed${broken === undefined ? '' : ` (${broken.name}: ${broken.reason})`}: later ones would be compared with it. Add --force if that is what you want.`,
    )
  }
  const { leftOut = 0 } = JSON.parse(definition || '{}') as { readonly leftOut?: number }
  if (leftOut > 0)
    throw new BaselineError(
      `Experiment "${experimentId}" ran without ${leftOut} of its cases (--filter): later ones would be compared with the rest alone. Evaluate all cases, or add --force.`,
    )
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
       toFloat64(toUnixTimestamp64Milli(window_from)) AS windowFromMs,
       toFloat64(toUnixTimestamp64Milli(window_to)) AS windowToMs,
       toFloat64(toUnixTimestamp64Micro(promoted)) / 1000 AS promotedMs
     FROM baselines FINAL WHERE project = {project: String}
       AND ({evaluation: String} = '' OR evaluation = {evaluation: String})
       AND ({flow: String} = '' OR flow = {flow: String})
       AND ({all: UInt8} OR experiment_id IN {experimentIds: Array(String)})
     ORDER BY promoted DESC LIMIT {limit: UInt32}`,
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
