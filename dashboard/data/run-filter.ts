import type { RunFilter } from '@weir/store/pages'
import type { Filters } from '#filters/filters.ts'
import { parameterName } from '#filters/name-parameter.ts'
import { timeWindow } from '#filters/time-range.ts'

const MINUTE_MS = 60_000

/** The filters of a page as the store's queries take them: of whole minutes, so that lists, totals and charts count the same runs. */
export function toRunFilter(filters: Filters, nowMs: number): RunFilter {
  const { from, to, ...window } = timeWindow(filters.range, nowMs)
  return {
    ...window,
    from: new Date(Math.floor(from.getTime() / MINUTE_MS) * MINUTE_MS),
    to: new Date(Math.ceil(to.getTime() / MINUTE_MS) * MINUTE_MS),
    flow: parameterName(filters.flow),
    environment: parameterName(filters.environment),
    version: parameterName(filters.version),
    status: filters.status || undefined,
    source: filters.source === 'any' ? undefined : filters.source,
  }
}
