import { listBaselines } from '../evaluations/baselines.ts'
import type { QueryParams, Store } from '../store.ts'

/** SQL over `runs AS run`, and the values that it binds beside `project`. */
export interface KeptRuns {
  readonly sql: string
  readonly params: QueryParams
}

/**
 * The runs of a project that stay, however old they are: those that go on, those of experiments, those that a result names, and
 * those in the window of a baseline.
 */
export async function keptRuns(store: Store, project: string): Promise<KeptRuns> {
  const params: Record<string, unknown> = {}
  const windows = (await listBaselines({ ...store, project }))
    .filter(({ experimentId }) => experimentId === '')
    .map(({ flow, version, environment, windowFromMs, windowToMs }, nth) => {
      const bind = (name: string, type: string, value: unknown) => {
        params[`${name}${nth}`] = value
        return `{${name}${nth}:${type}}`
      }
      const equal = Object.entries({ flow, version, environment })
        .filter(([name, value]) => name === 'flow' || value !== '')
        .map(([name, value]) => `run.${name} = ${bind(name, 'String', value)}`)
      return `(${equal.join(' AND ')} AND run.source = 'production'
        AND run.start >= fromUnixTimestamp64Milli(${bind('from', 'Int64', windowFromMs)}, 'UTC')
        AND run.start < fromUnixTimestamp64Milli(${bind('to', 'Int64', windowToMs)}, 'UTC'))`
    })
  const ofResults = `run.run_id IN (SELECT run_id FROM results WHERE project = {project:String} AND run_id != '')`
  const conditions = [`run.status = 'running'`, `run.source = 'experiment'`, `run.experiment_id != ''`]
  return { sql: `(${[...conditions, ofResults, ...windows].join(' OR ')})`, params }
}

/** The traces of a project whose spans are not settled. */
export const UNSETTLED = `
  SELECT trace_id FROM (
    SELECT trace_id, reason, received FROM unsettled_traces WHERE project = {project:String}
    GROUP BY trace_id, reason, received HAVING sum(pending) != 0
  )`
