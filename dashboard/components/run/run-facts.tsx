import type { RunPage } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { type Stat, StatTiles } from '#components/frame/stat-tiles.tsx'
import { describeUnknownCost, formatKnownCost } from '#format/cost.ts'
import { formatDuration } from '#format/duration.ts'
import { formatCount, formatExact } from '#format/number.ts'

export function RunFacts({ page }: { readonly page: RunPage }): ReactElement {
  const { run, steps, models, tree, own } = page
  const nested = tree.spans - own.spans
  const tries = steps.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0)
  const failed = steps.filter(({ status }) => status === 'error').length
  const stats: Stat[] = [
    {
      label: 'Duration',
      value: run.status === 'running' ? 'running' : formatDuration(run.durationNs),
      title: `${formatExact(run.durationNs)} ns`,
      detail: !run.incomplete
        ? undefined
        : page.rootSpanId === ''
          ? 'incomplete: its root has not arrived'
          : 'its root has not ended',
    },
    {
      label: 'Steps',
      value: formatCount(steps.length),
      title: 'Step executions',
      detail: [
        failed > 0 ? `${failed} failed` : '',
        tries > 0 ? `${tries} ${tries === 1 ? 'retry' : 'retries'}` : '',
        run.lostSteps > 0 ? `${formatCount(run.lostSteps)} more did not arrive` : '',
      ]
        .filter(Boolean)
        .join(' · '),
    },
    {
      label: 'Spans',
      value: formatCount(tree.spans),
      title: formatExact(tree.spans),
      detail: [
        tree.errors > 0 ? `${formatCount(tree.errors)} with error` : '',
        nested > 0 ? `${formatCount(nested)} in nested runs` : '',
      ]
        .filter(Boolean)
        .join(' · '),
    },
    {
      label: 'Tokens',
      value: formatCount(run.inputTokens + run.outputTokens),
      detail: `${formatCount(run.inputTokens)} in · ${formatCount(run.outputTokens)} out`,
    },
    {
      label: 'Cost',
      value: formatKnownCost(run),
      title: describeUnknownCost(run),
      detail: [...new Set(models.map(({ model }) => model))].join(', ') || undefined,
    },
  ]
  return <StatTiles label="Run" stats={stats} />
}
