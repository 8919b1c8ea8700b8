import type { AppliedRetention, RemovalTotals } from '@weir/store/retention'
import type { ReactElement } from 'react'
import { Time } from '#components/frame/time.tsx'
import { Table } from '#components/table/table.tsx'
import { nameText } from '#format/name.ts'
import { formatBytes, formatExact } from '#format/number.ts'

interface RetentionTableProps {
  /** Not empty. */
  readonly applied: readonly AppliedRetention[]
  readonly removed: readonly RemovalTotals[]
  readonly nowMs: number
}

/** For how long each project's runs are kept, and what was removed of it. */
export function RetentionTable({ applied, removed, nowMs }: RetentionTableProps): ReactElement {
  return (
    <Table
      caption="Retention"
      columns={[
        { label: 'Project', wide: true },
        { label: 'Runs are kept', numeric: true },
        { label: 'Payloads are kept', numeric: true },
        { label: 'Runs removed', numeric: true },
        { label: 'Spans removed', numeric: true },
        { label: 'Spans without payloads', numeric: true },
        { label: 'Given back, about', numeric: true },
        { label: 'Applied', numeric: true },
      ]}
    >
      {applied.map(({ project, days, payloadDays, appliedMs }) => {
        const totals = removed.find((found) => found.project === project)
        return (
          <tr key={project}>
            <th scope="row" data-wide>
              {project === '' ? 'All others' : nameText(project)}
            </th>
            <td data-numeric>{describeDays(days, 'for ever')}</td>
            <td data-numeric>{describeDays(payloadDays, 'as long as the run')}</td>
            <td data-numeric>{formatExact(totals?.runs ?? 0)}</td>
            <td data-numeric>{formatExact(totals?.spans ?? 0)}</td>
            <td data-numeric>{formatExact(totals?.emptiedSpans ?? 0)}</td>
            <td data-numeric>{formatBytes(totals?.bytes ?? 0)}</td>
            <td data-numeric>
              <Time unixMs={appliedMs} nowMs={nowMs} />
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

function describeDays(days: number, otherwise: string): string {
  if (days === 0) return otherwise
  return days === 1 ? '1 day' : `${formatExact(days)} days`
}
