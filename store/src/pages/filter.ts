import type { Status } from '../run-model/run.ts'
import type { QueryParams, Store } from '../store.ts'

/** What a page looks at. The window is half open, `from` <= start < `to`; totals and charts widen it to whole minutes. */
export interface RunFilter {
  /** Default: the store's project. */
  readonly project?: string | undefined
  readonly from: Date
  readonly to: Date
  /**
   * Milliseconds by which the clocks of runs may be ahead where `to` is now: what starts within them after `to` counts as
   * started just before it. Default 0.
   */
  readonly aheadMs?: number | undefined
  readonly flow?: string | undefined
  readonly environment?: string | undefined
  readonly version?: string | undefined
  readonly service?: string | undefined
  readonly source?: 'production' | 'experiment' | undefined
  readonly status?: Status | undefined
}

const DIMENSIONS = ['flow', 'environment', 'version', 'service', 'source', 'status'] as const

/** Conditions on the columns that runs and minutes share, and the values that they bind. */
export interface Conditions {
  readonly where: string
  readonly params: QueryParams
}

/** SQL: what of a filter holds for all rows of a run or for none, but for its window. */
export function scopeOf({ flow }: Partial<RunFilter>): string {
  return `project = {project:String}${flow === undefined ? '' : ' AND flow = {flow:String}'}`
}

/** Conditions of a filter without its window. */
export function dimensionConditions(store: Store, filter: Partial<RunFilter>): Conditions {
  const named = DIMENSIONS.filter((dimension) => filter[dimension] !== undefined)
  const where = ['project = {project:String}', ...named.map((name) => `${name} = {${name}:String}`)].join(
    ' AND ',
  )
  const values = Object.fromEntries(named.map((name) => [name, filter[name]]))
  return { where, params: { project: filter.project ?? store.project, ...values } }
}
