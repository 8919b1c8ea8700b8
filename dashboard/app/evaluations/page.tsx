import { listEvaluations, listTrends } from '@weir/store/evaluations'
import { latestSettled } from '@weir/store/pages'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { PassRateTrend } from '#components/chart/pass-rate-trend.tsx'
import { LiveRefresh } from '#components/frame/live-refresh.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { Time } from '#components/frame/time.tsx'
import { EmptyState } from '#components/problem/empty-state.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { Pager } from '#components/table/pager.tsx'
import { Table } from '#components/table/table.tsx'
import { withStore } from '#data/with-store.tsx'
import { evaluationHref, experimentHref, flowHref } from '#filters/links.ts'
import { first, firstCount, type SearchParams, toQuery } from '#filters/search-params.ts'
import { nameText } from '#format/name.ts'
import { formatExact, formatPercent } from '#format/number.ts'

export const metadata: Metadata = { title: 'Evaluations' }

/** Experiments per evaluation in the trend. */
const TREND = 20

const PAGE_SIZE = 50
/** Names of baselines in one cell. */
const BASELINES = 3

interface Props {
  readonly searchParams: Promise<SearchParams>
}

export default async function EvaluationsPage({ searchParams }: Props): Promise<ReactElement> {
  const params = await searchParams
  return withStore(async (store) => {
    const nowMs = Date.now()
    const started = firstCount(params, 'before')
    const after = started > 0 ? { after: { started, evaluation: first(params, 'after') } } : {}
    const [found, token] = await Promise.all([
      listEvaluations(store, { limit: PAGE_SIZE + 1, ...after }),
      latestSettled(store, {}),
    ])
    const evaluations = found.slice(0, PAGE_SIZE)
    const last = found.length > PAGE_SIZE ? evaluations.at(-1) : undefined
    const next =
      last && `/evaluations${toQuery({ before: String(last.latest.started), after: last.evaluation })}`
    const names = evaluations.map(({ evaluation }) => evaluation)
    const trends = await listTrends(store, { evaluations: names, limit: TREND })
    const rates = (evaluation: string) =>
      (trends.get(evaluation) ?? [])
        .filter(({ evaluated }) => evaluated > 0)
        .map(({ passRate }) => passRate)
        .toReversed()
    return (
      <>
        <PageHeader
          title="Evaluations"
          note="The newest experiment of each, and how the pass rate went"
          actions={
            <LiveRefresh
              token={token}
              always={evaluations.some(({ latest }) => latest.status === 'running')}
            />
          }
        />
        {evaluations.length === 0 && started === 0 ? (
          <EmptyState
            title="No experiment has run yet"
            commands={['weir eval examples/research/research.eval.ts', 'weir demo']}
          >
            An evaluation runs a flow on cases, checks every recorded run and decides by its gates:
          </EmptyState>
        ) : (
          <Panel title="All evaluations" flush>
            <Table
              caption="Evaluations"
              columns={[
                { label: 'Evaluation', wide: true },
                { label: 'Flow' },
                { label: 'Newest experiment' },
                { label: 'Pass rate', numeric: true },
                { label: 'Trend, oldest first', title: `The newest ${TREND} experiments at most` },
                { label: 'Experiments', numeric: true },
                { label: 'Baselines' },
                { label: 'Last run', numeric: true },
              ]}
            >
              {evaluations.map(({ evaluation, experiments, latest, baselines }) => (
                <tr key={evaluation}>
                  <th scope="row" data-wide title={evaluation}>
                    <TextLink href={evaluationHref(evaluation)}>{nameText(evaluation)}</TextLink>
                  </th>
                  <td>
                    <TextLink href={flowHref(latest.flow)}>{nameText(latest.flow)}</TextLink>
                  </td>
                  <td>
                    <TextLink
                      href={experimentHref(latest.experimentId)}
                      aria-label={`Experiment ${latest.experimentId}, ${latest.status}`}
                    >
                      <StatusBadge status={latest.status} />
                    </TextLink>
                  </td>
                  <td data-numeric>{latest.evaluated > 0 ? formatPercent(latest.passRate) : '–'}</td>
                  <td>
                    <PassRateTrend rates={rates(evaluation)} />
                  </td>
                  <td data-numeric>{formatExact(experiments)}</td>
                  <td data-faint>
                    {baselines.slice(0, BASELINES).join(', ')}
                    {baselines.length > BASELINES
                      ? ` and ${formatExact(baselines.length - BASELINES)} more`
                      : ''}
                  </td>
                  <td data-numeric data-faint>
                    <Time unixMs={latest.started} nowMs={nowMs} />
                  </td>
                </tr>
              ))}
            </Table>
            <Pager first={started > 0 ? '/evaluations' : undefined} next={next} />
          </Panel>
        )}
      </>
    )
  })
}
