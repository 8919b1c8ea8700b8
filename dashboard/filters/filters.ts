import { STATUSES, type Status } from '@weir/store/run-model'
import { first, type SearchParams, toQuery } from './search-params.ts'
import { parseTimeRange, rangeProblem, type TimeRange, timeRangeParameters } from './time-range.ts'

export const SOURCES = ['production', 'experiment', 'any'] as const
type Source = (typeof SOURCES)[number]

/** Runs of experiments are not production: nobody's latency or error rate counts them unless asked to. */
const DEFAULT_SOURCE = 'production' satisfies Source

/** What the filter bar holds; '' means any. All of it is in the URL, where names are written by `nameParameter`. */
export interface Filters {
  readonly range: TimeRange
  readonly flow: string
  readonly environment: string
  readonly version: string
  readonly status: Status | ''
  readonly source: Source
  /** Text to look for: a query where a page lists runs. */
  readonly search: string
}

export function parseFilters(params: SearchParams): Filters {
  return {
    range: parseTimeRange(first(params, 'range'), first(params, 'from'), first(params, 'to')),
    flow: first(params, 'flow'),
    environment: first(params, 'environment'),
    version: first(params, 'version'),
    status: oneOf(STATUSES, first(params, 'status')),
    source: oneOf(SOURCES, first(params, 'source')) || DEFAULT_SOURCE,
    search: first(params, 'q').trim(),
  }
}

/**
 * Why the filters of an address mean nothing, in a sentence; '' where they do.
 * @param lastMs the latest time that the page can show
 */
export function filterProblem(params: SearchParams, lastMs?: number): string {
  const unknown = Object.entries({ status: STATUSES, source: SOURCES })
    .map(([name, values]) => ({ name, values: values as readonly string[], value: first(params, name) }))
    .find(({ values, value }) => value !== '' && !values.includes(value))
  if (unknown) return `There is no ${unknown.name} “${unknown.value}”. Expected ${unknown.values.join(', ')}.`
  return rangeProblem(parseFilters(params).range, lastMs)
}

/** The query string that {@link parseFilters} reads back, with `changes` applied. */
export function filtersQuery(filters: Filters, changes: Partial<Filters> = {}): string {
  const { range, search, source, ...equal } = { ...filters, ...changes }
  return toQuery({ ...timeRangeParameters(range), ...equal, source: sourceParameter(source), q: search })
}

/** '' for the default, which needs no parameter. */
export function sourceParameter(source: Source): string {
  return source === DEFAULT_SOURCE ? '' : source
}

function oneOf<T extends string>(values: readonly T[], value: string): T | '' {
  return values.find((candidate) => candidate === value) ?? ''
}
