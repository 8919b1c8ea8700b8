import { CursorError, getFilterOptions, latestSettled, searchRuns } from '@weir/store'
import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import type { ReactElement } from 'react'
import { FilterBar } from '../../components/filter-bar.tsx'
import { LiveRefresh } from '../../components/live-refresh.tsx'
import { NoRuns } from '../../components/no-runs.tsx'
import { originChoices } from '../../components/origin-choices.ts'
import { PageHeader } from '../../components/page-header.tsx'
import { Pager } from '../../components/pager.tsx'
import { Panel } from '../../components/panel.tsx'
import { RunsTable } from '../../components/runs-table.tsx'
import { toRunFilter } from '../../data/run-filter.ts'
import { withStore } from '../../data/with-store.tsx'
import { parseFilters, STATUSES } from '../../filters/filters.ts'
import { parseSearch } from '../../filters/search.ts'
import { first, type SearchParams, withParameter } from '../../filters/search-params.ts'

export const metadata: Metadata = { title: 'Runs' }

interface Props {
  readonly searchParams: Promise<SearchParams>
}

export default async function RunsPage({ searchParams }: Props): Promise<ReactElement> {
  const params = await searchParams
  const experiment = first(params, 'experiment')
  // The runs of one experiment are not production runs.
  const filters = parseFilters(experiment === '' ? params : { source: 'any', ...params })
  const cursor = first(params, 'cursor')
  const order = first(params, 'order') === 'slowest' ? 'slowest' : 'newest'
  const session = first(params, 'session')
  const user = first(params, 'user')
  return withStore(async (store) => {
    const nowMs = Date.now()
    const filter = toRunFilter(filters, nowMs)
    const search = {
      ...filter,
      ...parseSearch(filters.search),
      session: session || undefined,
      user: user || undefined,
      experiment: experiment || undefined,
      order,
    } as const
    const [page, options, token] = await Promise.all([
      searchRuns(store, { ...search, cursor: cursor || undefined, limit: 50 }).catch((error: unknown) => {
        // A cursor cut short by whoever passed the address on: begin again.
        if (error instanceof CursorError) redirect(`/runs${withParameter(params, 'cursor', '')}`)
        throw error
      }),
      getFilterOptions(store, { from: filter.from, to: filter.to, source: filter.source }),
      latestSettled(store, {}),
    ])
    return (
      <>
        <PageHeader title="Runs" actions={cursor === '' ? <LiveRefresh token={token} /> : undefined} />
        <FilterBar
          search={{ value: filters.search, placeholder: 'Words of input, output, error, step, or key=value' }}
          range={filters.range}
          choices={[
            { name: 'flow', label: 'Flow', value: filters.flow, options: options.flows },
            { name: 'status', label: 'Status', value: filters.status, options: STATUSES },
            ...originChoices(filters, options),
          ]}
          order={{
            value: order,
            options: [
              ['newest', 'Newest first'],
              ['slowest', 'Slowest first'],
            ],
          }}
          keep={{ session, user, experiment }}
        />
        {page.runs.length === 0 ? (
          <NoRuns store={store} search={search} filters={filters} path="/runs" />
        ) : (
          <Panel title={order === 'slowest' ? 'Slowest runs' : 'Newest runs'} flush>
            <RunsTable caption="Runs" runs={page.runs} nowMs={nowMs} />
            <Pager
              first={cursor === '' ? undefined : `/runs${withParameter(params, 'cursor', '')}`}
              next={page.next === null ? undefined : `/runs${withParameter(params, 'cursor', page.next)}`}
            />
          </Panel>
        )}
      </>
    )
  })
}
