import type { Store } from '@weir/store'
import { CompareError, type Comparison, compare, formatSide, parseSide } from '@weir/store/compare'
import { countRuns } from '@weir/store/pages'
import { shellWord } from '@weir/store/text'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { CaseMetricsTable } from '#components/compare/case-metrics-table.tsx'
import { CompareForm } from '#components/compare/compare-form.tsx'
import { ComparisonSummary } from '#components/compare/comparison-summary.tsx'
import { ComparisonTable } from '#components/compare/comparison-table.tsx'
import { CopyButton } from '#components/frame/copy-button.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { EmptyState } from '#components/problem/empty-state.tsx'
import { answerWith } from '#data/answer-status.ts'
import { type CompareChoices, compareChoices } from '#data/compare-choices.ts'
import { withStore } from '#data/with-store.tsx'
import { compareHref, flowHref } from '#filters/links.ts'
import { ANY_TIME } from '#filters/loosen.ts'
import { parameterName } from '#filters/name-parameter.ts'
import { first, type SearchParams } from '#filters/search-params.ts'
import { nameText } from '#format/name.ts'

export const metadata: Metadata = { title: 'Compare' }

interface Props {
  readonly searchParams: Promise<SearchParams>
}

export default async function ComparePage({ searchParams }: Props): Promise<ReactElement> {
  const params = await searchParams
  return withStore(async (store) => {
    const flow = parameterName(first(params, 'flow'))
    const choices = await compareChoices(store, flow, Date.now())
    const sides = chooseSides(choices, first(params, 'base'), first(params, 'candidate'))
    const { base, candidate } = sides
    const both = flow !== undefined && base !== '' && candidate !== ''
    return (
      <>
        <PageHeader
          title="Compare"
          note="Two versions, experiments, baselines, environments or time windows of one flow, step by step"
          trail={flow === undefined ? [] : [{ label: nameText(flow), href: flowHref(flow) }]}
        />
        <CompareForm
          flow={first(params, 'flow')}
          {...sides}
          flows={choices.flows}
          groups={choices.groups}
          swap={
            both ? (
              <TextLink className="button" href={compareHref(flow, candidate, base)}>
                Swap
              </TextLink>
            ) : null
          }
        />
        {both ? (
          await compared(store, flow, base, candidate)
        ) : (
          <Nothing store={store} choices={choices} flow={flow} />
        )}
      </>
    )
  })
}

/** Where the URL names no side: the newest version against the one before it. */
function chooseSides(
  { versions }: CompareChoices,
  base: string,
  candidate: string,
): { base: string; candidate: string } {
  const [newest, before] = versions.filter((version) => version !== '')
  if (base !== '' || candidate !== '' || newest === undefined || before === undefined)
    return { base, candidate }
  return {
    base: formatSide({ kind: 'version', version: before }),
    candidate: formatSide({ kind: 'version', version: newest }),
  }
}

async function compared(store: Store, flow: string, base: string, candidate: string): Promise<ReactElement> {
  let comparison: Comparison
  try {
    comparison = await compare(store, { flow, base: parseSide(base), candidate: parseSide(candidate) })
  } catch (error) {
    if (!(error instanceof CompareError)) throw error
    answerWith(400)
    return <EmptyState title="These sides cannot be compared">{error.message}</EmptyState>
  }
  const command = `weir compare --flow=${shellWord(flow)} --base=${shellWord(base)} --candidate=${shellWord(candidate)}`
  return (
    <>
      <ComparisonSummary comparison={comparison} />
      {comparison.caseMetrics.length === 0 ? null : (
        <Panel
          title="By case"
          note="Each case has one value per metric and side: the mean over its trials, as many of them on both sides. Intervals are 95% intervals"
          flush
        >
          <CaseMetricsTable comparison={comparison} />
        </Panel>
      )}
      <Panel
        title="By step"
        note={`A verdict needs q < 0.05, a factor of at least 1.10 and an absolute floor; q accounts for ${comparison.tests} tests. All of it is per run: n counts the runs in which the step ended; durations are those of the runs in which it succeeded, all its executions in a run together`}
        flush
      >
        <ComparisonTable comparison={comparison} />
      </Panel>
      <p className="muted">
        On the command line:{' '}
        <code style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{command}</code>{' '}
        <CopyButton text={command} label="Copy the command" />
      </p>
    </>
  )
}

async function Nothing({
  store,
  choices,
  flow,
}: {
  readonly store: Store
  readonly choices: CompareChoices
  readonly flow: string | undefined
}): Promise<ReactElement> {
  if (choices.flows.total === 0) {
    if ((await countRuns(store, ANY_TIME, 1)).runs > 0) {
      return (
        <EmptyState title="No flow has run in the last 90 days">
          This form offers flows of that time only; <code>weir compare</code> takes any.
        </EmptyState>
      )
    }
    return (
      <EmptyState title="There are no runs to compare yet" commands={['weir demo']}>
        Let the examples run: they record two versions of a flow.
      </EmptyState>
    )
  }
  return (
    <EmptyState title={flow === undefined ? 'Choose a flow' : 'Choose both sides'}>
      {flow === undefined
        ? 'Then choose two of its versions, experiments or baselines.'
        : 'A second version appears here as soon as it has runs.'}
    </EmptyState>
  )
}
