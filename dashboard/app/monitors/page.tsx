import { listMonitors } from '@weir/store/evaluations'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { MonitorsTable } from '#components/evaluation/monitors-table.tsx'
import { FilterBar } from '#components/form/filter-bar.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { BadFilters } from '#components/problem/bad-filters.tsx'
import { EmptyState } from '#components/problem/empty-state.tsx'
import { Pager } from '#components/table/pager.tsx'
import { toRunFilter } from '#data/run-filter.ts'
import { withStore } from '#data/with-store.tsx'
import { filterProblem, parseFilters } from '#filters/filters.ts'
import { pageLinks } from '#filters/pages.ts'
import { first, type SearchParams } from '#filters/search-params.ts'
import { describeTimeRange } from '#filters/time-range.ts'

export const metadata: Metadata = { title: 'Monitors' }

const PAGE_SIZE = 50

interface Props {
  readonly searchParams: Promise<SearchParams>
}

export default async function MonitorsPage({ searchParams }: Props): Promise<ReactElement> {
  const params = await searchParams
  const filters = parseFilters(params)
  const { range } = filters
  const after = first(params, 'after')
  const header = (
    <PageHeader title="Monitors" note="Checks of an evaluation, judged on production runs as they settle" />
  )
  const problem = filterProblem(params)
  if (problem !== '') {
    return (
      <>
        {header}
        <FilterBar range={range} />
        <BadFilters problem={problem} filters={filters} path="/monitors" />
      </>
    )
  }
  return withStore(async (store) => {
    const { from, to, aheadMs = 0 } = toRunFilter(filters, Date.now())
    const scope = { since: from.getTime(), until: to.getTime() + aheadMs }
    const found = await listMonitors(store, { ...scope, after, limit: PAGE_SIZE + 1 })
    const monitors = found.slice(0, PAGE_SIZE)
    const next = found.length > PAGE_SIZE ? (monitors.at(-1)?.name ?? null) : null
    return (
      <>
        {header}
        {monitors.length === 0 && after === '' ? (
          <EmptyState
            title="No monitor is deployed"
            commands={['weir monitor add examples/research/research.eval.ts --sample 1.0']}
          >
            Deploy the checks of an evaluation file:
          </EmptyState>
        ) : (
          <>
            <FilterBar range={range} />
            <Panel title="All monitors" note={`Judged on runs of ${describeTimeRange(range)}`} flush>
              <MonitorsTable monitors={monitors} showFlow />
              <Pager {...pageLinks('/monitors', params, next, 'after')} />
            </Panel>
          </>
        )}
      </>
    )
  })
}
