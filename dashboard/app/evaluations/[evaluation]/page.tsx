import { listBaselines, listExperiments } from '@weir/store/evaluations'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import type { ReactElement } from 'react'
import { TimeChart } from '#components/chart/time-chart.tsx'
import { ExperimentsTable } from '#components/evaluation/experiments-table.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { Pager } from '#components/table/pager.tsx'
import { withStore } from '#data/with-store.tsx'
import { evaluationHref, flowHref } from '#filters/links.ts'
import { pathValue } from '#filters/path-value.ts'
import { first, firstCount, type SearchParams, toQuery } from '#filters/search-params.ts'
import { nameText } from '#format/name.ts'

const PAGE_SIZE = 50

interface Props {
  readonly params: Promise<{ evaluation: string }>
  readonly searchParams: Promise<SearchParams>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameText(pathValue((await params).evaluation)) }
}

export default async function EvaluationPage({ params, searchParams }: Props): Promise<ReactElement> {
  const evaluation = pathValue((await params).evaluation)
  const query = await searchParams
  const started = firstCount(query, 'before')
  const after = started > 0 ? { after: { started, experimentId: first(query, 'after') } } : {}
  return withStore(async (store) => {
    const nowMs = Date.now()
    const found = await listExperiments(store, { evaluation, limit: PAGE_SIZE + 1, ...after })
    const experiments = found.slice(0, PAGE_SIZE)
    const [newest] = experiments
    if (!newest) notFound()
    const experimentIds = experiments.map(({ experimentId }) => experimentId)
    const promoted = await listBaselines(store, { evaluation, experimentIds })
    const baselines = Map.groupBy(promoted, ({ experimentId }) => experimentId)
    const names = new Map([...baselines].map(([id, list]) => [id, list.map(({ name }) => name)]))
    const finished = experiments.filter(({ evaluated }) => evaluated > 0).toReversed()
    const href = evaluationHref(evaluation)
    const last = found.length > PAGE_SIZE ? experiments.at(-1) : undefined
    return (
      <>
        <PageHeader
          title={nameText(evaluation)}
          trail={[{ label: 'Evaluations', href: '/evaluations' }]}
          note={
            <>
              on flow{' '}
              <TextLink className="link" href={flowHref(newest.flow)}>
                {nameText(newest.flow)}
              </TextLink>
              {newest.dataset ? ` · dataset ${newest.dataset}` : ''}
            </>
          }
        />
        {finished.length > 1 ? (
          <Panel
            title="Pass rate"
            note="Share of trials whose task and checks all passed, of the experiments on this page"
          >
            <TimeChart
              title="Pass rate"
              unit="percent"
              series={[{ key: 'passRate', label: 'Pass rate', color: 'var(--series-1)', shape: 'line' }]}
              points={finished.map(({ started, passRate }) => ({ at: started, passRate }))}
            />
          </Panel>
        ) : null}
        <Panel title="Experiments" flush>
          <ExperimentsTable experiments={experiments} baselines={names} nowMs={nowMs} />
          <Pager
            first={started > 0 ? href : undefined}
            next={last && `${href}${toQuery({ before: String(last.started), after: last.experimentId })}`}
          />
        </Panel>
      </>
    )
  })
}
