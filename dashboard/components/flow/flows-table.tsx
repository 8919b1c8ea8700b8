import type { FlowSummary } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { Time } from '#components/frame/time.tsx'
import { CostCell } from '#components/table/cost-cell.tsx'
import { Quantile } from '#components/table/quantile.tsx'
import { Table } from '#components/table/table.tsx'
import { formatCount, formatExact, formatPercent } from '#format/number.ts'
import { FlowLink } from './flow-link.tsx'
import { Sparkline } from './sparkline.tsx'

interface FlowsTableProps {
  readonly flows: readonly FlowSummary[]
  /** The filters to keep when a flow is opened. */
  readonly query: string
  /** Undefined where times are told themselves, not how long ago they were. */
  readonly nowMs: number | undefined
}

export function FlowsTable({ flows, query, nowMs }: FlowsTableProps): ReactElement {
  return (
    <Table
      caption="Flows"
      columns={[
        { label: 'Flow', wide: true },
        { label: 'Runs over time' },
        { label: 'Runs', numeric: true },
        { label: 'Error rate', numeric: true },
        { label: 'p50', numeric: true },
        { label: 'p95', numeric: true },
        { label: 'Tokens', numeric: true },
        { label: 'Cost', numeric: true },
        { label: 'Last run', numeric: true },
      ]}
    >
      {flows.map((flow) => (
        <tr key={flow.flow}>
          <th scope="row" data-wide title={flow.flow}>
            <FlowLink flow={flow.flow} query={query} />
          </th>
          <td>
            <Sparkline
              values={flow.sparkline.map(({ runs }) => runs)}
              label={`${formatExact(flow.runs)} runs over time`}
            />
          </td>
          <td data-numeric title={formatExact(flow.runs)}>
            {formatCount(flow.runs)}
          </td>
          <td
            data-numeric
            data-bad={flow.errors > 0 || undefined}
            title={`${formatExact(flow.errors)} errors`}
          >
            {formatPercent(flow.errorRate)}
          </td>
          <td data-numeric>
            <Quantile ns={flow.p50Ns} error={flow.quantileError} />
          </td>
          <td data-numeric>
            <Quantile ns={flow.p95Ns} error={flow.quantileError} />
          </td>
          <td data-numeric data-faint={flow.inputTokens + flow.outputTokens === 0 || undefined}>
            {formatCount(flow.inputTokens + flow.outputTokens)}
          </td>
          <CostCell of={flow} />
          <td data-numeric data-faint>
            <Time unixMs={flow.lastRunMs} nowMs={nowMs} />
          </td>
        </tr>
      ))}
    </Table>
  )
}
