import type { StepStats } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { KindLabel } from '#components/run/kind.tsx'
import { CostCell } from '#components/table/cost-cell.tsx'
import { Quantile } from '#components/table/quantile.tsx'
import { Table } from '#components/table/table.tsx'
import { formatCost, formatCount, formatExact, formatPercent } from '#format/number.ts'

/** The steps of a flow with what their executions took, and how they failed. */
export function StepsTable({ steps }: { readonly steps: readonly StepStats[] }): ReactElement {
  const slowest = Math.max(1, ...steps.map(({ p50Ns }) => p50Ns))
  return (
    <Table
      caption="Steps"
      columns={[
        { label: 'Step', wide: true },
        { label: 'Executions', numeric: true },
        { label: 'Error rate', numeric: true, title: 'Of executions' },
        { label: 'Retried', numeric: true, title: 'Executions that took more than one attempt' },
        { label: 'Fallback', numeric: true, title: 'Executions whose fallback gave the output' },
        { label: <span className="hidden-text">p50 beside the other steps</span> },
        { label: 'p50', numeric: true },
        { label: 'p95', numeric: true },
        { label: 'p99', numeric: true },
        {
          label: 'Tokens per execution',
          numeric: true,
          title: 'Without those of the steps that it encloses',
        },
        { label: 'Cost per execution', numeric: true, title: 'Without that of the steps that it encloses' },
      ]}
    >
      {steps.map((step) => (
        <tr key={step.step}>
          <th scope="row" data-wide title={step.step}>
            <KindLabel kind={step.kind} name={step.step} />
          </th>
          <td data-numeric title={formatExact(step.count)}>
            {formatCount(step.count)}
          </td>
          <td
            data-numeric
            data-bad={step.errors > 0 || undefined}
            title={`${formatExact(step.errors)} executions with error`}
          >
            {formatPercent(step.errorRate)}
          </td>
          <td data-numeric data-faint={step.retried === 0 || undefined}>
            {formatCount(step.retried)}
          </td>
          <td data-numeric data-faint={step.fallbacks === 0 || undefined}>
            {formatCount(step.fallbacks)}
          </td>
          <td>
            <svg width="80" height="8" aria-hidden="true">
              <rect width="80" height="8" rx="2" fill="var(--sunken)" />
              <rect
                width={Math.max(1, (step.p50Ns / slowest) * 80)}
                height="8"
                rx="2"
                fill="var(--series-1)"
              />
            </svg>
          </td>
          <td data-numeric>
            <Quantile ns={step.p50Ns} error={step.quantileError} />
          </td>
          <td data-numeric>
            <Quantile ns={step.p95Ns} error={step.quantileError} />
          </td>
          <td data-numeric>
            <Quantile ns={step.p99Ns} error={step.quantileError} />
          </td>
          <td
            data-numeric
            data-faint={step.inputTokens + step.outputTokens === 0 || undefined}
            title={`${formatExact(step.inputTokens)} in, ${formatExact(step.outputTokens)} out, of all executions`}
          >
            {formatCount(Math.round((step.inputTokens + step.outputTokens) / step.count))}
          </td>
          <CostCell of={step} per={step.count} title={`${formatCost(step.cost)} of all executions`} />
        </tr>
      ))}
    </Table>
  )
}
