import { listMonitors } from '@weir/store/evaluations'
import {
  getFilterOptions,
  getFlowPage,
  isKnownFlow,
  latestSettled,
  type StepsPage,
  searchRuns,
  type VersionsPage,
} from '@weir/store/pages'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { type ReactElement, Suspense } from 'react'
import { latencyPoints, throughputPoints } from '#components/chart/points.ts'
import { LATENCY, THROUGHPUT } from '#components/chart/series-sets.ts'
import { TimeChart } from '#components/chart/time-chart.tsx'
import { MonitorsTable } from '#components/evaluation/monitors-table.tsx'
import { StepsTable } from '#components/flow/steps-table.tsx'
import { Totals } from '#components/flow/totals.tsx'
import { VersionsTable } from '#components/flow/versions-table.tsx'
import { FilterBar } from '#components/form/filter-bar.tsx'
import { originChoices } from '#components/form/origin-choices.ts'
import { LiveRefresh } from '#components/frame/live-refresh.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { BadFilters } from '#components/problem/bad-filters.tsx'
import { EmptyState } from '#components/problem/empty-state.tsx'
import { NoRuns } from '#components/problem/no-runs.tsx'
import { RunsTable } from '#components/run/runs-table.tsx'
import { RunPanel } from '#components/served/run-panel.tsx'
import { Pager } from '#components/table/pager.tsx'
import { listOffers } from '#data/flow-servers/offers.ts'
import { fromFirstPage } from '#data/from-first-page.ts'
import { toRunFilter } from '#data/run-filter.ts'
import { withStore } from '#data/with-store.tsx'
import { filterProblem, filtersQuery, parseFilters } from '#filters/filters.ts'
import { flowHref } from '#filters/links.ts'
import { nameParameter } from '#filters/name-parameter.ts'
import { pageLinks } from '#filters/pages.ts'
import { pathValue } from '#filters/path-value.ts'
import { first, type SearchParams, withParameters } from '#filters/search-params.ts'
import { clockOf } from '#filters/time-range.ts'
import { nameText } from '#format/name.ts'
import { formatExact } from '#format/number.ts'
import styles from './flow.module.css'

/** The page of all monitors has the others. */
const MONITORS = 20

interface Props {
  readonly params: Promise<{ flow: string }>
  readonly searchParams: Promise<SearchParams>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameText(pathValue((await params).flow)) }
}

export default async function FlowPage({ params, searchParams }: Props): Promise<ReactElement> {
  const flow = pathValue((await params).flow)
  const query = await searchParams
  const filters = { ...parseFilters(query), flow: nameParameter(flow), status: '' as const, search: '' }
  const href = flowHref(flow)
  const trail = [{ label: 'Flows', href: '/' }]
  const problem = filterProblem(query)
  if (problem !== '') {
    return (
      <>
        <PageHeader title={nameText(flow)} trail={trail} />
        <FilterBar range={filters.range} choices={originChoices(filters)} />
        <BadFilters problem={problem} filters={{ ...filters, flow: '' }} path={href} />
      </>
    )
  }
  return withStore(async (store) => {
    const nowMs = Date.now()
    const filter = { ...toRunFilter(filters, nowMs), flow }
    const [page, options, newest, monitors, token] = await Promise.all([
      fromFirstPage(
        getFlowPage(store, filter, {
          steps: first(query, 'steps') || undefined,
          versions: first(query, 'versions') || undefined,
        }),
        `${href}${withParameters(query, { steps: '', versions: '' })}`,
      ),
      getFilterOptions(store, filter),
      searchRuns(store, { ...filter, limit: 15 }),
      listMonitors(store, {
        flow,
        since: filter.from.getTime(),
        until: filter.to.getTime() + (filter.aheadMs ?? 0),
        limit: MONITORS + 1,
      }),
      latestSettled(store, { flow }),
    ])
    const isKnown = page.totals.runs > 0 || (await isKnownFlow(store, { flow }))
    if (!isKnown && (await listOffers(flow)).length === 0) notFound()
    const runsQuery = filtersQuery(filters)
    const { steps, versions } = page
    return (
      <>
        <PageHeader
          title={nameText(flow)}
          trail={trail}
          actions={<LiveRefresh token={token} flow={flow} />}
        />
        <FilterBar range={filters.range} choices={originChoices(filters, options)} />
        <Suspense fallback={null}>
          <RunPanel flow={flow} isOpen={!isKnown || first(query, 'run') !== ''} />
        </Suspense>
        {!isKnown ? (
          <EmptyState title="No run of this flow is stored yet" />
        ) : page.totals.runs === 0 ? (
          <NoRuns store={store} search={filter} range={filters.range} path={href} params={query} />
        ) : (
          <>
            <Totals totals={page.totals} previous={page.previous} />
            <div className={styles.charts}>
              <Panel title="Latency" note="Per run">
                <TimeChart
                  title="Latency"
                  unit="duration"
                  series={LATENCY}
                  points={latencyPoints(page.series)}
                  error={page.series.quantileError}
                />
              </Panel>
              <Panel title="Throughput and errors" note="Runs">
                <TimeChart
                  title="Throughput and errors"
                  unit="count"
                  series={THROUGHPUT}
                  points={throughputPoints(page.series)}
                />
              </Panel>
            </div>
            {steps.total > 0 ? (
              <Panel title="Steps" note={describeSteps(steps)} flush>
                <StepsTable steps={steps.steps} />
                <Pager {...pageLinks(href, query, steps.next, 'steps')} />
              </Panel>
            ) : null}
            <Panel title="Versions" note={describeVersions(versions)} flush>
              <VersionsTable
                flow={flow}
                versions={versions.versions}
                before={versions.before}
                source={filters.source}
                nowMs={clockOf(filters.range, nowMs)}
              />
              <Pager {...pageLinks(href, query, versions.next, 'versions')} />
            </Panel>
            {monitors.length > 0 ? (
              <Panel title="Monitors" note={describeMonitors(monitors.length)} flush>
                <MonitorsTable monitors={monitors.slice(0, MONITORS)} />
                <Pager first={undefined} next={monitors.length > MONITORS ? '/monitors' : undefined} />
              </Panel>
            ) : null}
            <Panel
              title="Newest runs"
              note={`${formatExact(newest.runs.length)} of ${formatExact(page.totals.runs)} runs`}
              flush
              actions={
                <>
                  <TextLink className="link" href={`/runs${filtersQuery(filters, { status: 'error' })}`}>
                    Failed runs
                  </TextLink>
                  <TextLink className="link" href={`/runs${runsQuery}`}>
                    All runs
                  </TextLink>
                </>
              }
            >
              <RunsTable
                caption="Newest runs"
                runs={newest.runs}
                nowMs={clockOf(filters.range, nowMs)}
                showFlow={false}
              />
            </Panel>
          </>
        )}
      </>
    )
  })
}

function describeMonitors(found: number): string {
  const judged = 'Judged on the production runs of this time, of any version and environment'
  return found > MONITORS ? `The first ${MONITORS}; the page Monitors has all. ${judged}` : judged
}

function describeSteps({ steps, total }: StepsPage): string {
  const counted = 'Per execution, over all runs shown; the last attempt decides'
  if (steps.length === total) return counted
  return `${formatExact(steps.length)} of ${formatExact(total)} steps, those with the most executions first. ${counted}`
}

function describeVersions({ versions, total }: VersionsPage): string {
  if (versions.length === total) return 'Per run'
  return `${formatExact(versions.length)} of ${formatExact(total)}, newest first. Per run`
}
