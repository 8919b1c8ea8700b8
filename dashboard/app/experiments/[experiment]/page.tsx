import {
  type CaseChange,
  type CaseChangeCount,
  countCaseChanges,
  type ExperimentDetail,
  getExperiment,
  listCaseResults,
  type Outcome,
} from '@weir/store/evaluations'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { Fragment, type ReactElement } from 'react'
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
import { chooseBaseline } from '#data/choose-baseline.ts'
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
const CHANGES = ['broke', 'mended', 'same', 'new'] as const satisfies readonly CaseChange[]

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
    const baselineId = await chooseBaseline(store, experiment)
    const hasBaseline = baselineId !== ''
    const change = hasBaseline ? CHANGES.find((value) => value === first(query, 'change')) : undefined
    const sides = { experimentId, baselineExperimentId: baselineId, ...(outcome ? { outcome } : {}) }
    const [baseline, changes, page] = await Promise.all([
      hasBaseline ? getExperiment(store, { experimentId: baselineId }) : undefined,
      hasBaseline ? countCaseChanges(store, sides) : [],
      listCaseResults(store, {
        ...sides,
        limit: PAGE_SIZE,
        ...(change ? { change } : {}),
        ...(after === '' ? {} : { after: { caseId: after, trial: firstCount(query, 'trial', MAX_UINT32) } }),
      }),
    ])
    const href = experimentHref(experimentId)
    const filters = { outcome, change }
    const trials =
      change === undefined
        ? trialsWith(experiment, outcome)
        : (changes.find((count) => count.change === change)?.trials ?? 0)
    const shown = `${formatExact(page.rows.length)} of ${formatExact(trials)} trials`
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
                <ChangeCounts href={href} counts={changes} /> against experiment{' '}
                <TextLink className="link" href={experimentHref(baselineId)}>
                  {baselineId.slice(0, 12)}
                </TextLink>
                ; {shown}, differences first
              </>
            ) : (
              `${shown}; no baseline to show them beside, what did not pass comes first`
            )
          }
          actions={
            <FilterBar
              choices={[
                { name: 'outcome', label: 'Outcome', value: outcome ?? '', options: OUTCOMES },
                ...(hasBaseline
                  ? [{ name: 'change', label: 'Change', value: change ?? '', options: CHANGES }]
                  : []),
              ]}
            />
          }
        >
          <CasesTable
            experimentId={experimentId}
            rows={page.rows}
            hasBaseline={hasBaseline}
            none={
              experiment.evaluated === 0 ? (
                'No trial has been judged yet.'
              ) : (
                <>
                  No trial{' '}
                  {[outcome && `is ${outcome}`, change && `has the change ${change}`]
                    .filter(Boolean)
                    .join(' and ')}
                  .{' '}
                  <TextLink className="link" href={href}>
                    All trials
                  </TextLink>{' '}
                  {formatExact(experiment.evaluated)}
                </>
              )
            }
            trials={trialsOf(experiment.definition)}
          />
          <Pager
            first={after === '' ? undefined : `${href}${toQuery(filters)}`}
            next={
              page.next &&
              `${href}${toQuery({ ...filters, after: page.next.caseId, trial: String(page.next.trial) })}`
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

interface ChangeCountsProps {
  readonly href: string
  readonly counts: readonly CaseChangeCount[]
}

/** "2 broke, 1 mended, 40 same, 3 new": cases, each with the way to them. */
function ChangeCounts({ href, counts }: ChangeCountsProps): ReactElement {
  const shown = CHANGES.flatMap((change) => counts.filter((count) => count.change === change))
  if (shown.length === 0) return <>no case judged</>
  return (
    <>
      {shown.map(({ change, cases }, at) => (
        <Fragment key={change}>
          {at > 0 ? ', ' : ''}
          <TextLink className="link" href={`${href}${toQuery({ change })}`}>
            {formatExact(cases)} {change}
          </TextLink>
        </Fragment>
      ))}
    </>
  )
}
