import type { RunCount, RunSearch } from '@weir/store/pages'
import { looserQueries, printQuery } from '@weir/store/run-query'
import { first, type SearchParams } from './search-params.ts'
import { coveringRange, describeTimeRange, type TimeRange, timeRangeParameters } from './time-range.ts'

/** A search with one of its filters taken away. */
export interface Loosening {
  /** "Any status, not only error" */
  readonly label: string
  readonly search: RunSearch
  /** Parameters of the URL that make it so, once it is known which runs there are. */
  readonly changes: (count: RunCount) => Readonly<Record<string, string>>
}

/** All starts that charts and totals know. */
export const ANY_TIME: Pick<RunSearch, 'from' | 'to'> = {
  from: new Date(0),
  to: new Date(Date.UTC(2106, 1, 7, 6, 28)),
}

const FILTERS = ['flow', 'status', 'environment', 'version'] as const

/**
 * What can be taken away from a search that found nothing: each part of its query, each filter of the page's address, the
 * default source, and the time range.
 */
export function loosenings(
  search: RunSearch,
  params: SearchParams,
  range: TimeRange,
  nowMs: number,
): Loosening[] {
  const found: Loosening[] = looserQueries(search.query ?? { type: 'all' }).map(({ without, query }) => ({
    label: `Without ${without}`,
    search: { ...search, query },
    changes: () => ({ q: printQuery(query) }),
  }))
  for (const name of FILTERS) {
    const value = search[name]
    if (value === undefined || first(params, name) === '') continue
    found.push({
      label: `Any ${name}, not only ${value}`,
      search: { ...search, [name]: undefined },
      changes: () => ({ [name]: '' }),
    })
  }
  if (search.source !== undefined) {
    found.push({
      label: `Any source, not only ${search.source}`,
      search: { ...search, source: undefined },
      changes: () => ({ source: 'any' }),
    })
  }
  found.push({
    label: `Any time, not only ${describeTimeRange(range)}`,
    search: { ...search, ...ANY_TIME },
    changes: (count) => rangeChanges(count, nowMs),
  })
  return found
}

/** The search without any of its filters. */
export function loosest(search: RunSearch, params: SearchParams, nowMs: number): Loosening {
  const own = Object.fromEntries(
    FILTERS.filter((name) => first(params, name) === '').map((name) => [name, search[name]]),
  )
  const none = Object.fromEntries([...FILTERS, 'q'].map((name) => [name, '']))
  return {
    label: 'No filter at all',
    search: { ...own, ...ANY_TIME },
    changes: (count) => ({ ...none, source: 'any', ...rangeChanges(count, nowMs) }),
  }
}

function rangeChanges(count: RunCount, nowMs: number): Readonly<Record<string, string>> {
  const range = count.runs === 0 ? { preset: '90d' } : coveringRange(count.firstMs, count.lastMs, nowMs)
  return { range: '', from: '', to: '', ...timeRangeParameters(range) }
}
