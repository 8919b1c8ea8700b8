import { first, type SearchParams, toQuery } from './search-params.ts'
import { parseTimeRange, type TimeRange, timeRangeParameters } from './time-range.ts'

/** Statuses that a run can have, in the order in which a reader looks for them. */
export const STATUSES = [
  'ok',
  'error',
  'running',
  'suspended',
  'cancelled',
  'expired',
  'replayed',
  'skipped',
] as const
type Status = (typeof STATUSES)[number]

export const SOURCES = ['production', 'experiment'] as const
type Source = (typeof SOURCES)[number]

/** What the filter bar holds; '' means any. All of it is in the URL. */
export interface Filters {
  readonly range: TimeRange
  readonly flow: string
  readonly environment: string
  readonly version: string
  readonly status: Status | ''
  readonly source: Source | ''
  /** Text to look for. */
  readonly search: string
}

export function parseFilters(params: SearchParams): Filters {
  return {
    range: parseTimeRange(first(params, 'range'), first(params, 'from'), first(params, 'to')),
    flow: first(params, 'flow'),
    environment: first(params, 'environment'),
    version: first(params, 'version'),
    status: oneOf(STATUSES, first(params, 'status')),
    source: oneOf(SOURCES, first(params, 'source')),
    search: first(params, 'q').trim().slice(0, 200),
  }
}

/** The query string that {@link parseFilters} reads back, with `changes` applied. */
export function filtersQuery(filters: Filters, changes: Partial<Filters> = {}): string {
  const { range, search, ...equal } = { ...filters, ...changes }
  return toQuery({ ...timeRangeParameters(range), ...equal, q: search })
}

function oneOf<T extends string>(values: readonly T[], value: string): T | '' {
  return values.find((candidate) => candidate === value) ?? ''
}
