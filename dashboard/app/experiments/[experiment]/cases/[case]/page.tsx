import { findCase, findExperiment, listCaseResults } from '@weir/store/evaluations'
import { getRunRecords } from '@weir/store/pages'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import type { ReactElement } from 'react'
import { shownPayload, shownReference, shownValue } from '#components/evaluation/case/shown-value.ts'
import { TrialPanel } from '#components/evaluation/case/trial-panel.tsx'
import { ValuePair } from '#components/evaluation/case/value-diff.tsx'
import { LiveRefresh } from '#components/frame/live-refresh.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import styles from '#components/run/run.module.css'
import { Pager } from '#components/table/pager.tsx'
import { chooseBaseline } from '#data/choose-baseline.ts'
import { withStore } from '#data/with-store.tsx'
import { caseHref, evaluationHref, experimentHref } from '#filters/links.ts'
import { pathValue } from '#filters/path-value.ts'
import { first, firstCount, type SearchParams, toQuery } from '#filters/search-params.ts'
import { nameText } from '#format/name.ts'
import { trialsOf } from '#format/trial.ts'

/** Trials on a page: each shows whole values. */
const PAGE_SIZE = 10
/** Trials are 32 bits. */
const MAX_UINT32 = 0xffff_ffff

interface Props {
  readonly params: Promise<{ experiment: string; case: string }>
  readonly searchParams: Promise<SearchParams>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Case ${nameText(pathValue((await params).case))}` }
}

export default async function CasePage({ params, searchParams }: Props): Promise<ReactElement> {
  const segments = await params
  const experimentId = pathValue(segments.experiment)
  const caseId = pathValue(segments.case)
  const query = await searchParams
  const isFirst = first(query, 'after') === ''
  return withStore(async (store) => {
    const experiment = await findExperiment(store, { experimentId })
    if (!experiment) notFound()
    const baselineId = await chooseBaseline(store, experiment)
    const [page, item] = await Promise.all([
      listCaseResults(store, {
        experimentId,
        baselineExperimentId: baselineId,
        caseId,
        limit: PAGE_SIZE,
        ...(isFirst ? {} : { after: { caseId, trial: firstCount(query, 'after', MAX_UINT32) } }),
      }),
      findCase(store, { ...experiment, caseId }),
    ])
    if (page.rows.length === 0 && !item) notFound()
    const runIds = page.rows
      .flatMap(({ runId, baselineRunId = '' }) => [runId, baselineRunId])
      .filter(Boolean)
    const runs = new Map((await getRunRecords(store, { runIds })).map((run) => [run.runId, run]))
    // Experiments that did not keep their cases have the input in their runs.
    const input = item ? shownValue(item.input) : shownPayload(runs.get(page.rows[0]!.runId), 'input')
    const reference = shownReference(item)
    const href = caseHref(experimentId, caseId)
    return (
      <>
        <PageHeader
          title={nameText(caseId)}
          trail={[
            { label: 'Evaluations', href: '/evaluations' },
            { label: nameText(experiment.evaluation), href: evaluationHref(experiment.evaluation) },
            { label: experimentId.slice(0, 12), href: experimentHref(experimentId) },
          ]}
          note={
            <ul className={styles.note} aria-label="About this case">
              {item?.tags?.map((tag) => (
                <li key={tag}>tag {tag}</li>
              ))}
              {baselineId ? (
                <li>
                  beside experiment{' '}
                  <TextLink className="link" href={experimentHref(baselineId)}>
                    {baselineId.slice(0, 12)}
                  </TextLink>
                </li>
              ) : (
                <li>no baseline to show it beside</li>
              )}
            </ul>
          }
          actions={experiment.status === 'running' ? <LiveRefresh token="" always /> : undefined}
        />
        <Panel title="Case">
          <ValuePair
            values={[
              { label: 'Input', value: input },
              { label: 'Expected', value: reference },
            ]}
          />
        </Panel>
        {page.rows.length === 0 ? <p className="muted">No trial of it has been judged here.</p> : null}
        {page.rows.map((trial) => (
          <TrialPanel
            key={trial.trial}
            trial={trial}
            trials={trialsOf(experiment.definition)}
            hasBaseline={baselineId !== ''}
            runs={runs}
            input={input}
            reference={reference}
          />
        ))}
        <Pager
          first={isFirst ? undefined : href}
          next={page.next && `${href}${toQuery({ after: String(page.next.trial) })}`}
        />
      </>
    )
  })
}
