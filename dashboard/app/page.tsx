import { type FilterOptions, getFilterOptions, getOverview, latestSettled } from '@weir/store/pages'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { overviewPoints } from '#components/chart/points.ts'
import { THROUGHPUT } from '#components/chart/series-sets.ts'
import { TimeChart } from '#components/chart/time-chart.tsx'
import { FlowsTable } from '#components/flow/flows-table.tsx'
import { FoldedFlows } from '#components/flow/folded-flows.tsx'
import { Totals } from '#components/flow/totals.tsx'
import { FilterBar } from '#components/form/filter-bar.tsx'
import { originChoices } from '#components/form/origin-choices.ts'
import { LiveRefresh } from '#components/frame/live-refresh.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { BadFilters } from '#components/problem/bad-filters.tsx'
import { NoFlows } from '#components/problem/no-flows.tsx'
import { NoRuns } from '#components/problem/no-runs.tsx'
import { Pager } from '#components/table/pager.tsx'
import { fromFirstPage } from '#data/from-first-page.ts'
import { toRunFilter } from '#data/run-filter.ts'
import { withStore } from '#data/with-store.tsx'
import { filterProblem, filtersQuery, parseFilters } from '#filters/filters.ts'
import { pageLinks } from '#filters/pages.ts'
import { first, type SearchParams, withParameters } from '#filters/search-params.ts'
import { clockOf } from '#filters/time-range.ts'
import { formatExact } from '#format/number.ts'

// The title's template is of the segments below the layout, and this page is beside it.
export const metadata: Metadata = { title: { absolute: 'Overview · Weir' } }

interface Props {
  readonly searchParams: Promise<SearchParams>
}

export default async function OverviewPage({ searchParams }: Props): Promise<ReactElement> {
  const params = await searchParams
  const filters = parseFilters(params)
  const cursor = first(params, 'cursor')
  const order = first(params, 'order') === 'name' ? 'name' : 'runs'
  const bar = (options?: FilterOptions): ReactElement => (
    <FilterBar
      search={{ value: filters.search, placeholder: 'Flow' }}
      range={filters.range}
      choices={originChoices(filters, options)}
      order={{
        value: order,
        options: [
          ['runs', 'Most runs first'],
          ['name', 'By name'],
        ],
      }}
    />
  )
  const problem = filterProblem(params)
  if (problem !== '') {
    return (
      <>
        <PageHeader title="Overview" />
        {bar()}
        <BadFilters problem={problem} filters={filters} path="/" />
      </>
    )
  }
  return withStore(async (store) => {
    const nowMs = Date.now()
    const filter = toRunFilter({ ...filters, flow: '', status: '' }, nowMs)
    const [overview, options, token] = await Promise.all([
      fromFirstPage(
        getOverview(store, { ...filter, name: filters.search, order, cursor: cursor || undefined }),
        `/${withParameters(params, { cursor: '' })}`,
      ),
      getFilterOptions(store, filter),
      latestSettled(store, {}),
    ])
    const { flows, totals, previous, flowCount, foldedRuns } = overview
    const query = filtersQuery({ ...filters, flow: '', status: '', search: '' })
    return (
      <>
        <PageHeader title="Overview" actions={cursor === '' ? <LiveRefresh token={token} /> : undefined} />
        {bar(options)}
        {totals.runs === 0 ? (
          <NoRuns store={store} search={filter} range={filters.range} path="/" params={params} />
        ) : (
          <>
            <Totals totals={totals} previous={previous} />
            <Panel title="Runs over time">
              <TimeChart
                title="Runs over time"
                unit="count"
                series={THROUGHPUT}
                points={overviewPoints(overview, filter.from.getTime())}
              />
            </Panel>
            <Panel title="Flows" note={describeFlows(flowCount, flows.length, filters.search)} flush>
              {foldedRuns > 0 ? <FoldedFlows runs={foldedRuns} query={query} /> : null}
              {flows.length > 0 ? (
                <FlowsTable flows={flows} query={query} nowMs={clockOf(filters.range, nowMs)} />
              ) : (
                <NoFlows store={store} search={{ ...filter, name: filters.search }} params={params} />
              )}
              <Pager {...pageLinks('/', params, overview.next)} />
            </Panel>
          </>
        )}
      </>
    )
  })
}

function describeFlows(count: number, shown: number, search: string): string | undefined {
  const which = search === '' ? 'with runs in this time' : `whose name contains “${search}”`
  if (count === 0) return undefined
  if (count === shown)
    return search === '' ? undefined : `${formatExact(count)} ${count === 1 ? 'flow' : 'flows'} ${which}`
  return `${formatExact(shown)} of ${formatExact(count)} flows ${which}; the totals above are of all`
}
