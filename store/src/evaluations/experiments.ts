import { indexedRuns, isLatest, isOfTraces } from '../latest-runs.ts'
import { idsSql, textArraySql } from '../native/query-native.ts'
import type { Store } from '../store.ts'
import { replaceRows, select, toDateTime } from './rows.ts'
import type { Experiment, GateResult } from './types.ts'

/** Inserts or replaces an experiment. */
export async function upsertExperiment(store: Store, experiment: Experiment): Promise<void> {
  await replaceRows(store, 'experiments', 'updated', [
    {
      experiment_id: experiment.experimentId,
      evaluation: experiment.evaluation,
      variant: experiment.variant,
      flow: experiment.flow,
      version: experiment.version,
      environment: experiment.environment,
      revision: experiment.revision,
      dataset: experiment.dataset,
      dataset_hash: experiment.datasetHash,
      baseline_experiment_id: experiment.baselineExperimentId,
      status: experiment.status,
      planned: experiment.planned,
      definition: experiment.definition,
      gates: JSON.stringify(experiment.gates),
      error: experiment.error,
      started: toDateTime(experiment.startedMs),
      finished: toDateTime(experiment.finishedMs),
    },
  ])
}

/** The select list of {@link ExperimentRow}. */
export const EXPERIMENT_COLUMNS: string = `experiment_id AS experimentId, evaluation, variant, flow, version, environment, revision,
  dataset, dataset_hash AS datasetHash, baseline_experiment_id AS baselineExperimentId, status, planned,
  definition, gates AS gatesJson, error, toFloat64(toUnixTimestamp64Milli(started)) AS startedMs,
  toFloat64(toUnixTimestamp64Milli(finished)) AS finishedMs`

export type ExperimentRow = Omit<Experiment, 'gates'> & { readonly gatesJson: string }

export function toExperiment({ gatesJson, ...row }: ExperimentRow): Experiment {
  return { ...row, gates: gatesJson === '' ? [] : (JSON.parse(gatesJson) as GateResult[]) }
}

/** The experiment alone, without totals; undefined if there is none. */
export async function findExperiment(
  store: Store,
  params: { readonly experimentId: string },
): Promise<Experiment | undefined> {
  const [row] = await select<ExperimentRow>(
    store,
    `SELECT ${EXPERIMENT_COLUMNS} FROM experiments FINAL
     WHERE project = {project: String} AND experiment_id = {id: String}`,
    { id: params.experimentId },
  )
  return row === undefined ? undefined : toExperiment(row)
}

/** The newest experiment on a VCS revision that passed with all of its cases; undefined if there is none. */
export async function findPassedExperiment(
  store: Store,
  params: { readonly evaluation: string; readonly variant: string; readonly revision: string },
): Promise<string | undefined> {
  const [row] = await select<{ id: string }>(
    store,
    `SELECT experiment_id AS id FROM experiments FINAL
     WHERE project = {project: String} AND evaluation = {evaluation: String} AND variant = {variant: String}
       AND revision = {revision: String} AND status = 'passed' AND JSONExtractUInt(definition, 'leftOut') = 0
     ORDER BY started DESC LIMIT 1`,
    params,
  )
  return row?.id
}

const SINCE = `project = {project: String} AND start >= fromUnixTimestamp64Milli({sinceMs: Int64})`

/** What runs used together. */
export interface RunUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars. */
  readonly cost: number
  /** Of models whose price nobody knows. */
  readonly unpricedTokens: number
}

/** What all runs of experiments used that began at or after `sinceMs` (since 1970): repeated ones, and those that other frameworks nested in them. */
export async function readExperimentUsage(
  store: Store,
  params: { readonly experimentIds: readonly string[]; readonly sinceMs: number },
): Promise<RunUsage> {
  const sum = (column: string) => `toFloat64(sum(${column}))`
  const [row] = await select<RunUsage>(
    store,
    `SELECT ${sum('input_tokens')} AS inputTokens, ${sum('output_tokens')} AS outputTokens, ${sum('cost')} AS cost,
       ${sum('unpriced_tokens')} AS unpricedTokens
     FROM runs AS run WHERE ${SINCE} AND ${isLatest(SINCE)} AND trace_id IN (
       SELECT trace_id FROM ${indexedRuns('experiment', 'arrayJoin({experimentIds: Array(String)})')} AS run
       WHERE experiment_id IN {experimentIds: Array(String)})`,
    params,
  )
  return row!
}

/** Traces (32 hex digits) that hold a run of an experiment that started at or after `sinceMs` (since 1970). */
export async function findExperimentTraces(
  store: Store,
  params: { readonly experimentId: string; readonly sinceMs: number },
): Promise<string[]> {
  const found = await select<{ id: string }>(
    store,
    `SELECT DISTINCT lower(hex(trace_id)) AS id FROM spans
     WHERE project = {project: String} AND start >= fromUnixTimestamp64Milli({sinceMs: Int64})
       AND experiment_id = {experimentId: String}`,
    params,
  )
  return found.map(({ id }) => id)
}

/** Ids of the runs of traces (32 hex digits each) that began at or after `sinceMs` (since 1970): also those that frameworks nested in others. */
export async function findRunsOfTraces(
  store: Store,
  { traceIds, sinceMs }: { readonly traceIds: readonly string[]; readonly sinceMs: number },
): Promise<string[]> {
  const found = await select<{ id: string }>(
    store,
    `SELECT DISTINCT run_id AS id FROM runs AS run
     WHERE ${SINCE} AND ${isLatest(SINCE)} AND ${isOfTraces(`arrayJoin(${textArraySql(traceIds)})`)}
       AND trace_id IN ${idsSql(traceIds, 16)}`,
    { sinceMs },
  )
  return found.map(({ id }) => id)
}
