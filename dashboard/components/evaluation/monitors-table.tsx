import type { MonitorSummary } from '@weir/store/evaluations'
import type { ReactElement } from 'react'
import { FlowLink } from '#components/flow/flow-link.tsx'
import { Table } from '#components/table/table.tsx'
import { formatExact, formatPercent } from '#format/number.ts'

interface MonitorsTableProps {
  readonly monitors: readonly MonitorSummary[]
  readonly showFlow?: boolean
}

/** Monitors with what they found on the runs they judged, check by check. */
export function MonitorsTable({ monitors, showFlow = false }: MonitorsTableProps): ReactElement {
  return (
    <Table
      caption="Monitors"
      columns={[
        { label: 'Monitor' },
        ...(showFlow ? [{ label: 'Flow' }] : []),
        { label: 'Check', wide: true },
        { label: 'Judged', numeric: true, title: 'Runs' },
        { label: 'Failed', numeric: true },
        { label: 'Unverifiable', numeric: true },
        { label: 'Pass rate', numeric: true },
      ]}
    >
      {monitors.flatMap((monitor) => [
        <tr key={monitor.name}>
          <th scope="row">{monitor.name}</th>
          {showFlow ? (
            <td>
              <FlowLink flow={monitor.flow} />
            </td>
          ) : null}
          <td data-wide data-faint>
            all checks{monitor.sample < 1 ? `, ${formatPercent(monitor.sample)} of the runs` : ''}
          </td>
          <td data-numeric>{formatExact(monitor.judged)}</td>
          <td data-numeric data-bad={monitor.failed > 0 || undefined}>
            {formatExact(monitor.failed)}
          </td>
          <td data-numeric>{formatExact(monitor.unverifiable)}</td>
          <td data-numeric>
            {monitor.judged > 0 ? formatPercent(monitor.passRate) : 'nothing judged in this time'}
          </td>
        </tr>,
        ...monitor.checks.map((check) => {
          const judged = check.passed + check.failed + check.unverifiable
          return (
            <tr key={`${monitor.name} ${check.name}`}>
              <td />
              {showFlow ? <td /> : null}
              <td data-wide title={check.name}>
                {check.name}
              </td>
              <td data-numeric>{formatExact(judged)}</td>
              <td data-numeric data-bad={check.failed > 0 || undefined}>
                {formatExact(check.failed)}
              </td>
              <td data-numeric>{formatExact(check.unverifiable)}</td>
              <td data-numeric>{formatPercent(judged > 0 ? check.passed / judged : Number.NaN)}</td>
            </tr>
          )
        }),
      ])}
    </Table>
  )
}
