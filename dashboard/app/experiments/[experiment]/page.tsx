import {
  type ExperimentDetail,
  getExperiment,
  listBaselines,
  listCaseResults,
  type Outcome,
} from '@weir/store/evaluations'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import type { ReactElement } from 'react'
import { CasesTable } from '#components/evaluation/cases-table.tsx'
import { ExperimentNote } from '#components/evaluation/experiment-note.tsx'
import { ExperimentTotals } from '#components/evaluation/experiment-totals.tsx'
import { GatesPanel } from '#components/evaluation/gates-panel.tsx'
import { FilterBar } from '#components/form/filter-bar.tsx'
import { LiveRefresh } from '#components/frame/live-refresh.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { Pager } from '#components/table/pager.tsx'
import { withStore } from '#data/with-store.tsx'
import { compareHref, evaluationHref, experimentHref } from '#filters/links.ts'
import { pathValue } from '#filters/path-value.ts'
import { first, firstCount, type SearchParams, toQuery } from '#filters/search-params.ts'
import { nameText } from '#format/name.ts'
import { formatExact } from '#format/number.ts'
import { trialsOf } from '#format/trial.ts'

/** Trials on a page; among them, differences from the baseline come first. */
const PAGE_SIZE = 500
/** Trials are 32 bits. */
const MAX_UINT32 = 0xffff_ffff
const OUTCOMES = ['passed', 'failed', 'unverifiable', 'error'] as const satisfies readonly Outcome[]

interface Props {
  readonly params: Promise<{ experiment: string }>
  readonly searchParams: Promise<SearchParams>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Experiment ${nameText(pathValue((await params).experiment))}` }
}

export default async function ExperimentPage({ params, searchParams }: Props): Promise<ReactElement> {
  const experimentId = pathValue((await params).experiment)
  const query = await searchParams
  const outcome = OUTCOMES.find((value) => value === first(query, 'outcome'))
  const after = first(query, 'after')
  return withStore(async (store) => {
    const experiment = await getExperiment(store, { experimentId })
    if (!experiment) notFound()
    const baselineId = await chooseBaseline(experiment, () =>
      listBaselines(store, { evaluation: experiment.evaluation }),
    )
    const [baseline, page] = await Promise.all([
      baselineId === '' ? undefined : getExperiment(store, { experimentId: baselineId }),
      listCaseResults(store, {
        experimentId,
        baselineExperimentId: baselineId,
        limit: PAGE_SIZE,
        ...(outcome ? { outcome } : {}),
        ...(after === '' ? {} : { after: { caseId: after, trial: firstCount(query, 'trial', MAX_UINT32) } }),
      }),
    ])
    const href = experimentHref(experimentId)
    const shown = `${formatExact(page.rows.length)} of ${formatExact(trialsWith(experiment, outcome))} trials`
    return (
      <>
        <PageHeader
          title={[nameText(experiment.evaluation), experiment.variant].filter(Boolean).join(' · ')}
          trail={[
            { label: 'Evaluations', href: '/evaluations' },
            { label: nameText(experiment.evaluation), href: evaluationHref(experiment.evaluation) },
          ]}
          badge={<StatusBadge status={experiment.status} />}
          note={<ExperimentNote experiment={experiment} nowMs={Date.now()} />}
          actions={
            <>
              {experiment.status === 'running' ? <LiveRefresh token="" always /> : null}
              {baselineId ? (
                <TextLink
                  className="button"
                  href={compareHref(
                    experiment.flow,
                    `experiment=${baselineId}`,
                    `experiment=${experimentId}`,
                  )}
                >
                  Compare with baseline
                </TextLink>
              ) : null}
            </>
          }
        />
        <GatesPanel experiment={experiment} />
        <ExperimentTotals experiment={experiment} baselineScores={baseline?.scores ?? []} />
        <Panel
          title="Cases"
          flush
          note={
            baselineId ? (
              <>
                {shown}; beside experiment{' '}
                <TextLink className="link" href={experimentHref(baselineId)}>
                  {baselineId.slice(0, 12)}
                </TextLink>
                ; differences first
              </>
            ) : (
              `${shown}; no baseline to show them beside, what did not pass comes first`
            )
          }
          actions={
            <FilterBar
              choices={[{ name: 'outcome', label: 'Outcome', value: outcome ?? '', options: OUTCOMES }]}
            />
          }
        >
          <CasesTable
            rows={page.rows}
            hasBaseline={baselineId !== ''}
            none={
              experiment.evaluated === 0 ? (
                'No trial has been judged yet.'
              ) : (
                <>
                  No trial is {outcome}.{' '}
                  <TextLink className="link" href={href}>
                    Trials of any outcome
                  </TextLink>{' '}
                  {formatExact(experiment.evaluated)}
                </>
              )
            }
            trials={trialsOf(experiment.definition)}
          />
          <Pager
            first={after === '' ? undefined : `${href}${toQuery({ outcome })}`}
            next={
              page.next &&
              `${href}${toQuery({ outcome, after: page.next.caseId, trial: String(page.next.trial) })}`
            }
          />
        </Panel>
      </>
    )
  })
}

function trialsWith(experiment: ExperimentDetail, outcome: Outcome | undefined): number {
  const { evaluated, passed, failed, unverifiable, errors } = experiment
  return outcome === undefined ? evaluated : { passed, failed, unverifiable, error: errors }[outcome]
}

/** The baseline it ran against; else the newest promoted one that is not itself. '' if there is none. */
async function chooseBaseline(
  experiment: ExperimentDetail,
  promoted: () => ReturnType<typeof listBaselines>,
): Promise<string> {
  if (experiment.baselineExperimentId !== '') return experiment.baselineExperimentId
  const newest = (await promoted())
    .filter(({ experimentId }) => experimentId !== '' && experimentId !== experiment.experimentId)
    .toSorted((a, b) => b.promoted - a.promoted)[0]
  return newest?.experimentId ?? ''
}
