import {
  countMatching,
  type FilterOptions,
  getFilterOptions,
  latestSettled,
  ORDERS,
  type RunCount,
  type RunOrder,
  type RunsPage as RunsPageData,
  searchRuns,
} from '@weir/store/pages'
import { STATUSES } from '@weir/store/run-model'
import { parseQuery, type Query, QueryError } from '@weir/store/run-query'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { FilterBar } from '#components/form/filter-bar.tsx'
import { originChoices, toChoices } from '#components/form/origin-choices.ts'
import { LiveRefresh } from '#components/frame/live-refresh.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { BadFilters } from '#components/problem/bad-filters.tsx'
import { BadQuery } from '#components/problem/bad-query.tsx'
import { NoRuns } from '#components/problem/no-runs.tsx'
import { RunsTable } from '#components/run/runs-table.tsx'
import { Pager } from '#components/table/pager.tsx'
import { fromFirstPage } from '#data/from-first-page.ts'
import { toRunFilter } from '#data/run-filter.ts'
import { withStore } from '#data/with-store.tsx'
import { filterProblem, parseFilters } from '#filters/filters.ts'
import { pageLinks } from '#filters/pages.ts'
import { first, type SearchParams, withParameters } from '#filters/search-params.ts'
import { clockOf, LAST_START_MS } from '#filters/time-range.ts'
import { formatExact } from '#format/number.ts'

export const metadata: Metadata = { title: 'Runs' }

interface Props {
  readonly searchParams: Promise<SearchParams>
}

export default async function RunsPage({ searchParams }: Props): Promise<ReactElement> {
  const params = await searchParams
  const filters = parseFilters(params)
  const cursor = first(params, 'cursor')
  const order = ORDERS.find((one) => one === first(params, 'order')) ?? 'newest'
  const bar = (options?: FilterOptions): ReactElement => (
    <FilterBar
      search={{
        value: filters.search,
        placeholder: 'status:error tool:search duration>3s customer.id:42 words',
      }}
      range={filters.range}
      choices={[
        { name: 'flow', label: 'Flow', value: filters.flow, ...toChoices(options?.flows) },
        { name: 'status', label: 'Status', value: filters.status, options: STATUSES },
        ...originChoices(filters, options),
      ]}
      order={{
        value: order,
        options: ORDERS.map((one) => [one, ORDER_NAMES[one][0]]),
      }}
    />
  )
  // Starts that no chart can show are found here.
  const problem = filterProblem(params, LAST_START_MS)
  if (problem !== '') {
    return (
      <>
        <PageHeader title="Runs" />
        {bar()}
        <BadFilters problem={problem} filters={filters} path="/runs" />
      </>
    )
  }
  const query = readQuery(filters.search)
  if (query instanceof QueryError) {
    return (
      <>
        <PageHeader title="Runs" />
        {bar()}
        <BadQuery error={query} />
      </>
    )
  }
  return withStore(async (store) => {
    const nowMs = Date.now()
    const filter = toRunFilter(filters, nowMs)
    const search = { ...filter, query, order }
    // What a query asks for is looked for page by page: to count all runs that have it can take long.
    const isCounted = query.type === 'all'
    const [page, count, options, token] = await Promise.all([
      fromFirstPage(
        searchRuns(store, { ...search, cursor: cursor || undefined, limit: 50 }),
        `/runs${withParameters(params, { cursor: '' })}`,
      ),
      isCounted ? countMatching(store, search) : undefined,
      getFilterOptions(store, {
        from: filter.from,
        to: filter.to,
        aheadMs: filter.aheadMs,
        source: filter.source,
      }),
      latestSettled(store, {}),
    ])
    return (
      <>
        <PageHeader title="Runs" actions={cursor === '' ? <LiveRefresh token={token} /> : undefined} />
        {bar(options)}
        {page.runs.length === 0 ? (
          <NoRuns store={store} search={search} range={filters.range} path="/runs" params={params} />
        ) : (
          <Panel title={ORDER_NAMES[order][1]} note={describeCount(page, count, cursor === '')} flush>
            <RunsTable caption="Runs" runs={page.runs} nowMs={clockOf(filters.range, nowMs)} />
            <Pager {...pageLinks('/runs', params, page.next)} />
          </Panel>
        )}
      </>
    )
  })
}

/** An order as a choice, and as the title of what it gives. */
const ORDER_NAMES: Readonly<Record<RunOrder, readonly [choice: string, title: string]>> = {
  newest: ['Newest first', 'Newest runs'],
  oldest: ['Oldest first', 'Oldest runs'],
  slowest: ['Slowest first', 'Slowest runs'],
  fastest: ['Fastest first', 'Fastest runs'],
  costliest: ['Costliest first', 'Costliest runs'],
  'most-tokens': ['Most tokens first', 'Runs with the most tokens'],
  'most-steps': ['Most steps first', 'Runs with the most steps'],
  flow: ['By flow', 'Runs by flow'],
  version: ['By version', 'Runs by version'],
  environment: ['By environment', 'Runs by environment'],
  status: ['By status', 'Runs by status'],
}

function readQuery(text: string): Query | QueryError {
  try {
    return parseQuery(text)
  } catch (error) {
    if (error instanceof QueryError) return error
    throw error
  }
}

/** How many runs there are, and how many of them are on this page. */
function describeCount(
  { runs, next }: RunsPageData,
  count: Pick<RunCount, 'runs' | 'isCut'> | undefined,
  isFirst: boolean,
): string {
  const shown = formatExact(runs.length)
  if (isFirst && next === null) return `${shown} ${runs.length === 1 ? 'run' : 'runs'}`
  if (!count) return next === null ? `The last ${shown} runs that match` : `${shown} runs; there are more`
  return `${shown} of ${count.isCut ? 'more than ' : ''}${formatExact(count.runs)} runs`
}
