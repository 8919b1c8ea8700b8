import type { RunFilter } from '@weir/store'
import type { Filters } from '../filters/filters.ts'
import { parameterName } from '../filters/name-parameter.ts'
import { timeWindow } from '../filters/time-range.ts'

/** The filters of a page as the store's queries take them. */
export function toRunFilter(filters: Filters, nowMs: number): RunFilter {
  return {
    ...timeWindow(filters.range, nowMs),
    flow: parameterName(filters.flow),
    environment: parameterName(filters.environment),
    version: parameterName(filters.version),
    status: filters.status || undefined,
    source: filters.source === 'any' ? undefined : filters.source,
  }
}
