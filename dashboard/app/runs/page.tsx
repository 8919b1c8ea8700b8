import {
  countMatching,
  type FilterOptions,
  getFilterOptions,
  latestSettled,
  type RunCount,
  type RunsPage as RunsPageData,
  searchRuns,
} from '@weir/store/pages'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { FilterBar } from '#components/form/filter-bar.tsx'
import { originChoices, toChoices } from '#components/form/origin-choices.ts'
import { LiveRefresh } from '#components/frame/live-refresh.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { BadFilters } from '#components/problem/bad-filters.tsx'
import { NoRuns } from '#components/problem/no-runs.tsx'
import { RunsTable } from '#components/run/runs-table.tsx'
import { Pager } from '#components/table/pager.tsx'
import { fromFirstPage } from '#data/from-first-page.ts'
import { toRunFilter } from '#data/run-filter.ts'
import { withStore } from '#data/with-store.tsx'
import { filterProblem, parseFilters, STATUSES } from '#filters/filters.ts'
import { pageLinks } from '#filters/pages.ts'
import { parseSearch } from '#filters/search.ts'
import { first, type SearchParams, withParameters } from '#filters/search-params.ts'
import { clockOf, LAST_START_MS } from '#filters/time-range.ts'
import { formatExact } from '#format/number.ts'

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
  const bar = (options?: FilterOptions): ReactElement => (
    <FilterBar
      search={{ value: filters.search, placeholder: 'Words of input, output, error, step, or key=value' }}
      range={filters.range}
      choices={[
        { name: 'flow', label: 'Flow', value: filters.flow, ...toChoices(options?.flows) },
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
    // Words and attributes are looked for page by page: to count all runs that have them can take long.
    const isCounted = search.text === '' && search.attributes.length === 0
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
          <Panel
            title={order === 'slowest' ? 'Slowest runs' : 'Newest runs'}
            note={describeCount(page, count, cursor === '')}
            flush
          >
            <RunsTable caption="Runs" runs={page.runs} nowMs={clockOf(filters.range, nowMs)} />
            <Pager {...pageLinks('/runs', params, page.next)} />
          </Panel>
        )}
      </>
    )
  })
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
