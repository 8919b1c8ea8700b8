import type { CaseMetricComparison, Comparison } from '@weir/store/compare'
import type { ReactElement } from 'react'
import { reachOf } from '#components/chart/interval-bar.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { Table } from '#components/table/table.tsx'
import { formatCost, formatExact, formatPercent } from '#format/number.ts'
import { EffectCells } from './effect-cells.tsx'
import { toneOf } from './tone.ts'

const LABELS = { 'pass rate': 'Pass rate', cost: 'Cost per trial', score: 'Score' }

/** Pass rate, cost and scores of two experiments, each case compared with itself. */
export function CaseMetricsTable({ comparison }: { readonly comparison: Comparison }): ReactElement {
  const { base, candidate, caseMetrics } = comparison
  return (
    <Table
      caption="Comparison by case"
      columns={[
        { label: 'Metric' },
        { label: 'Verdict' },
        { label: 'Cases', numeric: true },
        { label: 'Base', numeric: true, title: base.label },
        { label: 'Candidate', numeric: true, title: candidate.label },
        { label: 'Change', numeric: true },
        { label: '95% interval' },
        {
          label: 'q',
          numeric: true,
          title: 'p adjusted for all tests of this comparison (Benjamini-Hochberg)',
        },
      ]}
    >
      {caseMetrics.map((metric) => (
        <Row key={`${metric.kind} ${metric.name}`} metric={metric} />
      ))}
    </Table>
  )
}

function Row({ metric }: { readonly metric: CaseMetricComparison }): ReactElement {
  const { kind, name, cases, base, candidate, baseInterval, candidateInterval, effect, verdict } = metric
  const isCost = kind === 'cost'
  const tone = toneOf(verdict)
  return (
    <tr>
      <th scope="row">
        {LABELS[kind]} {name === '' ? null : <strong>{name}</strong>}
      </th>
      <td>
        <StatusBadge status={verdict} quiet={tone === 'neutral'} />
      </td>
      <td data-numeric>{formatExact(cases ?? 0)}</td>
      <td data-numeric>
        <Side kind={kind} value={base} interval={baseInterval} />
      </td>
      <td data-numeric>
        <Side kind={kind} value={candidate} interval={candidateInterval} />
      </td>
      <EffectCells
        metric={metric}
        scale={isCost ? 'ratio' : 'points'}
        reach={isCost && effect ? reachOf([effect]) : 0.25}
      />
    </tr>
  )
}

function Side({
  kind,
  value,
  interval,
}: Pick<CaseMetricComparison, 'kind'> & {
  readonly value: number | null
  readonly interval: CaseMetricComparison['baseInterval']
}): ReactElement {
  const format = FORMATS[kind]
  if (value === null) return <>–</>
  return (
    <>
      {format(value)}
      {interval === null ? null : (
        <span data-faint>
          {' '}
          ({format(interval.low)} to {format(interval.high)})
        </span>
      )}
    </>
  )
}

const FORMATS = {
  'pass rate': formatPercent,
  score: (score: number) => score.toFixed(3),
  cost: formatCost,
}
