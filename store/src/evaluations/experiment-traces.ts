import type { Store } from '../store.ts'
import { select } from './rows.ts'

/** Traces (32 hex digits) that hold a run of an experiment that has started since `sinceMs` (since 1970). */
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

/** Ids of the runs in the traces of an experiment's runs: its own, and those of other frameworks nested in them. */
export async function findExperimentRuns(
  store: Store,
  params: { readonly experimentId: string; readonly sinceMs: number },
): Promise<string[]> {
  const found = await select<{ id: string }>(
    store,
    `SELECT DISTINCT run_id AS id FROM runs FINAL
     WHERE project = {project: String} AND start >= fromUnixTimestamp64Milli({sinceMs: Int64}) AND trace_id IN (
       SELECT trace_id FROM runs
       WHERE project = {project: String} AND start >= fromUnixTimestamp64Milli({sinceMs: Int64})
         AND experiment_id = {experimentId: String})`,
    params,
  )
  return found.map(({ id }) => id)
}
