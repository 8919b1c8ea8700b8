import type { RunFilter } from '@weir/store'
import type { Filters } from '../filters/filters.ts'
import { timeWindow } from '../filters/time-range.ts'

/** The filters of a page as the store's queries take them. */
export function toRunFilter(filters: Filters, nowMs: number): RunFilter {
  return {
    ...timeWindow(filters.range, nowMs),
    flow: filters.flow || undefined,
    environment: filters.environment || undefined,
    version: filters.version || undefined,
    status: filters.status || undefined,
    source: filters.source === 'any' ? undefined : filters.source,
  }
}
