import type { Comparison, MetricComparison, StepComparison } from '@weir/store/compare'
import { Fragment, type ReactElement } from 'react'
import { reachOf } from '#components/chart/interval-bar.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { Table } from '#components/table/table.tsx'
import { formatDuration } from '#format/duration.ts'
import { formatExact, formatPercent } from '#format/number.ts'
import styles from './comparison-table.module.css'
import { EffectCells } from './effect-cells.tsx'
import { toneOf } from './tone.ts'

const METRICS = ['duration', 'p95', 'p99', 'success'] as const
const LABELS = {
  duration: 'Median duration',
  p95: 'p95 duration',
  p99: 'p99 duration',
  success: 'Success rate',
}

/** Each step with its metrics: both sides, the change with its interval, how sure, and the verdict. */
export function ComparisonTable({ comparison }: { readonly comparison: Comparison }): ReactElement {
  const parts = [comparison.run, ...comparison.steps]
  const durations = parts.flatMap(({ metrics }) =>
    [metrics.duration, metrics.p95, metrics.p99].flatMap(({ effect }) => effect ?? []),
  )
  const reach = reachOf(durations)
  return (
    <Table
      caption="Comparison by step"
      columns={[
        { label: 'Step' },
        { label: 'Metric' },
        { label: 'Verdict' },
        { label: 'Base', numeric: true, title: comparison.base.label },
        { label: 'Candidate', numeric: true, title: comparison.candidate.label },
        { label: 'Change', numeric: true },
        { label: `95% interval, ${formatReach(reach)} to ${reach}×` },
        {
          label: 'q',
          numeric: true,
          title: 'p adjusted for all tests of this comparison (Benjamini-Hochberg)',
        },
      ]}
    >
      {parts.map((part) => (
        <Part key={part.step ?? ''} part={part} reach={reach} />
      ))}
    </Table>
  )
}

function formatReach(reach: number): string {
  return `${(1 / reach).toFixed(reach > 4 ? 2 : reach > 2 ? 2 : 1)}×`
}

function Part({ part, reach }: { readonly part: StepComparison; readonly reach: number }): ReactElement {
  // A p99 that would need a thousand runs says nothing here.
  const metrics = METRICS.map((metric) => part.metrics[metric]).filter(
    ({ metric, p }) => metric !== 'p99' || p !== null,
  )
  return (
    <Fragment>
      {metrics.map((metric, index) => (
        <tr key={metric.metric} data-group={index === 0 ? 'first' : 'more'}>
          {index === 0 ? (
            <th scope="rowgroup" rowSpan={metrics.length} className={styles.step}>
              {part.step ?? 'Whole run'}
              <span className={styles.counts}>
                n {formatExact(part.base.n)} / {formatExact(part.candidate.n)} runs
              </span>
            </th>
          ) : null}
          <MetricCells metric={metric} reach={reach} />
        </tr>
      ))}
    </Fragment>
  )
}

function MetricCells({
  metric,
  reach,
}: {
  readonly metric: MetricComparison
  readonly reach: number
}): ReactElement {
  const { base, candidate, verdict } = metric
  const isRate = metric.metric === 'success'
  const format = (value: number | null) =>
    value === null ? '–' : isRate ? formatPercent(value) : formatDuration(value)
  const tone = toneOf(verdict)
  return (
    <>
      <td data-faint>{LABELS[metric.metric]}</td>
      <td>
        <StatusBadge status={verdict} quiet={tone === 'neutral'} />
      </td>
      <td data-numeric>{format(base)}</td>
      <td data-numeric>{format(candidate)}</td>
      <EffectCells metric={metric} scale={isRate ? 'points' : 'ratio'} reach={isRate ? 0.25 : reach} />
    </>
  )
}
