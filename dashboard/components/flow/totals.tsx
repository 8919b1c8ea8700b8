import type { RunTotals } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { type Stat, StatTiles } from '#components/frame/stat-tiles.tsx'
import { describeUnknownCost, formatKnownCost } from '#format/cost.ts'
import { describeError, formatQuantile } from '#format/duration.ts'
import { formatCount, formatExact, formatPercent } from '#format/number.ts'

interface TotalsProps {
  readonly totals: RunTotals
  /** The window of equal length before. */
  readonly previous: RunTotals
  readonly first?: Stat
}

/** Runs, errors, latency, tokens and cost of a window, each beside the window before. */
export function Totals({ totals, previous, first }: TotalsProps): ReactElement {
  const of = (what: string, before: string) => (previous.runs > 0 ? `${what} · before: ${before}` : what)
  const tokens = totals.inputTokens + totals.outputTokens
  const stats: Stat[] = [
    ...(first ? [first] : []),
    {
      label: 'Runs',
      value: formatCount(totals.runs),
      title: formatExact(totals.runs),
      detail: previous.runs > 0 ? `before: ${formatCount(previous.runs)}` : undefined,
    },
    {
      label: 'Error rate',
      value: totals.runs > 0 ? formatPercent(totals.errorRate) : '–',
      title: `${formatExact(totals.errors)} of ${formatExact(totals.runs)} runs`,
      detail: of('of runs', formatPercent(previous.errorRate)),
      ...(totals.errors > 0 ? { tone: 'error' as const } : {}),
    },
    ...(['p50', 'p95', 'p99'] as const).map((quantile) => ({
      label: quantile,
      value: formatQuantile(totals[`${quantile}Ns`], totals.quantileError),
      title: describeError(totals[`${quantile}Ns`], totals.quantileError),
      detail: of('per run', formatQuantile(previous[`${quantile}Ns`], previous.quantileError)),
    })),
    {
      label: 'Tokens',
      value: formatCount(tokens),
      title: `${formatExact(totals.inputTokens)} in, ${formatExact(totals.outputTokens)} out`,
      detail:
        tokens > 0
          ? `all runs · ${formatCount(totals.inputTokens)} in · ${formatCount(totals.outputTokens)} out`
          : 'all runs',
    },
    {
      label: 'Cost',
      value: formatKnownCost(totals),
      title: describeUnknownCost(totals),
      detail: of('all runs', formatKnownCost(previous)),
    },
  ]
  return <StatTiles label="Totals" stats={stats} />
}
