import { getFilterOptions, getOverview, latestSettled } from '@weir/store'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { overviewPoints } from '../charts/points.ts'
import { THROUGHPUT } from '../charts/series-sets.ts'
import { TimeChart } from '../charts/time-chart.tsx'
import { FilterBar } from '../components/filter-bar.tsx'
import { FlowsTable } from '../components/flows-table.tsx'
import { LiveRefresh } from '../components/live-refresh.tsx'
import { NoRuns } from '../components/no-runs.tsx'
import { originChoices } from '../components/origin-choices.ts'
import { PageHeader } from '../components/page-header.tsx'
import { Panel } from '../components/panel.tsx'
import { Totals } from '../components/totals.tsx'
import { toRunFilter } from '../data/run-filter.ts'
import { withStore } from '../data/with-store.tsx'
import { filtersQuery, parseFilters } from '../filters/filters.ts'
import type { SearchParams } from '../filters/search-params.ts'

export const metadata: Metadata = { title: 'Overview' }

interface Props {
  readonly searchParams: Promise<SearchParams>
}

export default async function OverviewPage({ searchParams }: Props): Promise<ReactElement> {
  const filters = parseFilters(await searchParams)
  return withStore(async (store) => {
    const nowMs = Date.now()
    const filter = toRunFilter({ ...filters, flow: '', status: '' }, nowMs)
    const [overview, options, token] = await Promise.all([
      getOverview(store, filter),
      getFilterOptions(store, filter),
      latestSettled(store, {}),
    ])
    const { flows, totals, previous } = overview
    return (
      <>
        <PageHeader title="Overview" actions={<LiveRefresh token={token} />} />
        <FilterBar range={filters.range} choices={originChoices(filters, options)} />
        {flows.length === 0 ? (
          <NoRuns store={store} search={filter} filters={filters} path="/" />
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
            <Panel title="Flows" flush>
              <FlowsTable
                flows={flows}
                query={filtersQuery({ ...filters, flow: '', status: '', search: '' })}
                nowMs={nowMs}
              />
            </Panel>
          </>
        )}
      </>
    )
  })
}
