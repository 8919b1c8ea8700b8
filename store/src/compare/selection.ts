import type { QueryParams } from '../store.ts'
import type { Window } from './side.ts'

/** The runs of a side, resolved: every condition that is present must hold. */
export interface Selection {
  readonly window?: Window
  readonly version?: string
  readonly environment?: string
  readonly service?: string
  readonly source?: string
  readonly experimentId?: string
}

const COLUMNS = {
  version: 'version',
  environment: 'environment',
  service: 'service',
  source: 'source',
  experimentId: 'experiment_id',
} as const
type Equality = keyof typeof COLUMNS
const EQUALITIES = Object.keys(COLUMNS) as Equality[]

/** A condition on `runs` with its bound parameters; `prefix` keeps the parameters of two sides apart. */
export function toCondition(selection: Selection, prefix: string): { sql: string; params: QueryParams } {
  const conditions = ['project = {project: String}', 'flow = {flow: String}']
  const params: Record<string, unknown> = {}
  for (const key of EQUALITIES) {
    if (selection[key] === undefined) continue
    conditions.push(`${COLUMNS[key]} = {${prefix}_${key}: String}`)
    params[`${prefix}_${key}`] = selection[key]
  }
  if (selection.experimentId !== undefined) {
    // A trial that was repeated after a crash has two runs, and its result names the one that counts.
    conditions.push(`(parent_run_id != '' OR run_id IN (
      SELECT run_id FROM results FINAL
      WHERE project = {project: String} AND experiment_id = {${prefix}_experimentId: String} AND kind = 'task'))`)
  }
  if (selection.window) {
    const { from, to } = selection.window
    conditions.push(`start >= fromUnixTimestamp64Milli({${prefix}_from: Int64}, 'UTC')`)
    conditions.push(`start < fromUnixTimestamp64Milli({${prefix}_to: Int64}, 'UTC')`)
    params[`${prefix}_from`] = from.getTime()
    params[`${prefix}_to`] = to.getTime()
  }
  return { sql: conditions.join(' AND '), params }
}

/** Whether a run can belong to both: a comparison treats its sides as independent. */
export function canOverlap(a: Selection, b: Selection): boolean {
  const differs = EQUALITIES.some((key) => a[key] !== undefined && b[key] !== undefined && a[key] !== b[key])
  const apart = a.window && b.window && (a.window.to <= b.window.from || b.window.to <= a.window.from)
  return !differs && !apart
}
