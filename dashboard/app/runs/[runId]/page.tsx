import { findExperiment, getRunScores, listResults } from '@weir/store/evaluations'
import {
  findRunId,
  getRunPage,
  latestSettled,
  type RunPage as RunPageData,
  type SpanName,
} from '@weir/store/pages'
import type { Metadata } from 'next'
import { notFound, redirect } from 'next/navigation'
import { type ReactElement, Suspense } from 'react'
import { LiveRefresh } from '#components/frame/live-refresh.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { ModelsTable } from '#components/run/models-table.tsx'
import { NewRun } from '#components/run/new-run.tsx'
import { RunFacts } from '#components/run/run-facts.tsx'
import { RunFailure } from '#components/run/run-failure.tsx'
import { RunJudgements } from '#components/run/run-judgements.tsx'
import { RunNote } from '#components/run/run-note.tsx'
import { RunsTable } from '#components/run/runs-table.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { UncertainSteps } from '#components/run/uncertain-steps.tsx'
import { cutValue } from '#components/run/viewer/cut-value.ts'
import { packRows } from '#components/run/waterfall/packed-rows.ts'
import { RunView } from '#components/run/waterfall/run-view.tsx'
import { toSpanRows } from '#components/run/waterfall/to-span-row.ts'
import { RunSignals } from '#components/served/run-signals.tsx'
import { Pager } from '#components/table/pager.tsx'
import { fromFirstPage } from '#data/from-first-page.ts'
import { withStore } from '#data/with-store.tsx'
import { flowHref, runHref } from '#filters/links.ts'
import { pageLinks } from '#filters/pages.ts'
import { pathValue } from '#filters/path-value.ts'
import { first, type SearchParams } from '#filters/search-params.ts'
import { nameText } from '#format/name.ts'
import { formatExact } from '#format/number.ts'
import { trialsOf } from '#format/trial.ts'

interface Props {
  readonly params: Promise<{ runId: string }>
  readonly searchParams: Promise<SearchParams>
}

/** What the waterfall writes into the URL: the id of a span, that of its trace before it where the run has several. */
const SPAN_NAME = /^(?:([0-9a-f]{32})-)?([0-9a-f]{16})$/

function parseSpan(text: string): SpanName | undefined {
  const [, traceId, spanId] = SPAN_NAME.exec(text.toLowerCase()) ?? []
  return spanId === undefined ? undefined : { traceId, spanId }
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Run ${nameText(pathValue((await params).runId))}` }
}

export default async function RunPage({ params, searchParams }: Props): Promise<ReactElement> {
  const runId = pathValue((await params).runId)
  const parameters = await searchParams
  const span = parseSpan(first(parameters, 'span'))
  const childCursor = first(parameters, 'children')
  return withStore(async (store) => {
    const nowMs = Date.now()
    const readPage = () =>
      fromFirstPage(
        getRunPage(store, { runId, span, childCursor: childCursor || undefined }),
        runHref(runId, first(parameters, 'span')),
      )
    const [read, scores] = await Promise.all([readPage(), getRunScores(store, { runId })])
    const goesOn = read?.run.status === 'running' || read?.run.status === 'suspended'
    // Older than what is shown: what settles meanwhile is a change to the next look.
    const token = goesOn ? await latestSettled(store, { flow: read.run.flow }) : ''
    const page = goesOn ? await readPage() : read
    if (!page) {
      // Ids that were copied from elsewhere may be in another case, or those of traces.
      const stored = await findRunId(store, { runId })
      if (stored === undefined && first(parameters, 'new') !== '')
        return <NewRun token={await latestSettled(store, {})} />
      if (stored === undefined || stored === runId) notFound()
      redirect(runHref(stored, first(parameters, 'span').toLowerCase()))
    }
    const { run } = page
    const [results, experiment] = await Promise.all([
      run.experimentId ? listResults(store, { experimentId: run.experimentId, caseId: run.caseId }) : [],
      run.experimentId ? findExperiment(store, { experimentId: run.experimentId }) : undefined,
    ])
    const own = results.filter((result) => result.runId === runId && result.kind !== 'task')
    return (
      <>
        <PageHeader
          title={run.flow === '' && run.incomplete ? 'Flow not known yet' : nameText(run.flow)}
          trail={[
            { label: 'Runs', href: '/runs' },
            { label: nameText(run.flow), href: flowHref(run.flow) },
          ]}
          badge={<StatusBadge status={run.status} />}
          note={<RunNote run={run} trials={trialsOf(experiment?.definition ?? '')} nowMs={nowMs} />}
          actions={goesOn ? <LiveRefresh token={token} flow={run.flow} /> : undefined}
        />
        <RunFacts page={page} />
        <RunFailure page={page} />
        {goesOn ? (
          <Suspense fallback={null}>
            <RunSignals run={run} />
          </Suspense>
        ) : null}
        <RunView
          runId={runId}
          packed={packRows(toSpanRows(page.spans))}
          total={page.tree}
          durationNs={run.durationNs}
          input={{ ...cutValue(page.input), type: page.inputType, originalLength: page.inputLength }}
          output={{ ...cutValue(page.output), type: page.outputType, originalLength: page.outputLength }}
          metadata={cutValue(page.metadata, true)}
        />
        {page.spans.length < page.tree.spans ? <p className="muted">{describeCut(page)}</p> : null}
        <UncertainSteps page={page} />
        {page.models.length > 0 ? (
          <Panel title="Models" note="Calls of this run, without those of nested runs" flush>
            <ModelsTable models={page.models} />
          </Panel>
        ) : null}
        {scores.length + own.length > 0 ? <RunJudgements scores={scores} results={own} /> : null}
        {page.children.length > 0 ? (
          <Panel
            title="Nested runs"
            note={describeChildren(page.children.length, page.childCount, childCursor === '')}
            flush
          >
            <RunsTable caption="Nested runs" runs={page.children} nowMs={nowMs} />
            <Pager {...pageLinks(runHref(runId), parameters, page.nextChildren, 'children')} />
          </Panel>
        ) : null}
      </>
    )
  })
}

function describeCut({ spans, tree }: RunPageData): string {
  const errors = spans.filter(({ status }) => status === 'error').length
  const failed = errors === tree.errors ? 'all' : formatExact(errors)
  return `${formatExact(spans.length)} of ${formatExact(tree.spans)} spans are shown: those that started first, and ${failed} of the ${formatExact(tree.errors)} with error, with the spans around them.`
}

function describeChildren(shown: number, count: number, isFirst: boolean): string {
  const runs = 'runs that this run started'
  if (shown === count) return `${formatExact(count)} ${runs}`
  return `${isFirst ? 'The first ' : ''}${formatExact(shown)} of ${formatExact(count)} ${runs}`
}
