import { rows, type Store } from '../store.ts'
import type { RunFilter } from './filter.ts'
import { runMinutes, toWindow } from './minutes.ts'

/** Values that a filter offers. */
export interface Offered {
  /** Sorted; '' for runs without one, where others have one. */
  readonly values: readonly string[]
  /** How many there are; those with the most runs are offered. */
  readonly total: number
}

export interface FilterOptions {
  readonly flows: Offered
  readonly environments: Offered
  readonly versions: Offered
  readonly services: Offered
}

/** More cannot be looked through, and a page repeats them with every visit. */
const MOST_OFFERED = 200

/**
 * The values that the filters of a page can take within a window; all but flows narrowed to `flow`. Whatever else
 * a filter says is left aside: what is chosen must not hide the other choices.
 */
export async function getFilterOptions(
  store: Store,
  {
    project,
    from,
    to,
    aheadMs,
    flow,
    source,
  }: Pick<RunFilter, 'project' | 'from' | 'to' | 'aheadMs' | 'flow' | 'source'>,
): Promise<FilterOptions> {
  const window = { project, from, to, aheadMs, source }
  const { sql, params } = runMinutes(store, window, toWindow(window, 1))
  const within = flow === undefined ? '1' : 'minutes.flow = {flow:String}'
  const found = await rows<{ field: keyof FilterOptions; value: string; total: number }>(
    store,
    `SELECT field, value, count() OVER (PARTITION BY field) AS total
    FROM (
      SELECT
        multiIf(grouping(flow) = 0, 'flows', grouping(environment) = 0, 'environments',
          grouping(version) = 0, 'versions', 'services') AS field,
        toString(multiIf(field = 'flows', flow, field = 'environments', environment,
          field = 'versions', version, service)) AS value,
        if(field = 'flows', sum(minutes.runs), sumIf(minutes.runs, ${within})) AS found
      FROM ${sql} AS minutes
      GROUP BY GROUPING SETS ((flow), (environment), (version), (service))
    )
    WHERE (value != '' OR field IN ('environments', 'versions')) AND found > 0
    ORDER BY found DESC, value
    LIMIT ${MOST_OFFERED} BY field`,
    { ...params, flow },
  )
  const offered = (field: keyof FilterOptions): Offered => {
    const own = found.filter((row) => row.field === field)
    // That all runs have none is no choice.
    if (own.length === 1 && own[0]?.value === '') return { values: [], total: 0 }
    return { values: own.map(({ value }) => value).sort(), total: own[0]?.total ?? 0 }
  }
  return {
    flows: offered('flows'),
    environments: offered('environments'),
    versions: offered('versions'),
    services: offered('services'),
  }
}
