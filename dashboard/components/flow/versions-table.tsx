import { formatSide } from '@weir/store/compare'
import type { VersionStats } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { TextLink } from '#components/frame/text-link.tsx'
import { Time } from '#components/frame/time.tsx'
import { CostCell } from '#components/table/cost-cell.tsx'
import { Quantile } from '#components/table/quantile.tsx'
import { Table } from '#components/table/table.tsx'
import type { Filters } from '#filters/filters.ts'
import { compareHref } from '#filters/links.ts'
import { formatCount, formatExact, formatPercent } from '#format/number.ts'

interface VersionsTableProps {
  readonly flow: string
  /** Newest first. */
  readonly versions: readonly VersionStats[]
  /** The one before the last of them; '': none. */
  readonly before: string
  /** Of which source the runs are, where a comparison must be told. */
  readonly source: Filters['source']
  /** Undefined where times are told themselves, not how long ago they were. */
  readonly nowMs: number | undefined
}

/** The versions of a flow; each can be compared with the one before it. */
export function VersionsTable({ flow, versions, before, source, nowMs }: VersionsTableProps): ReactElement {
  const side = (version: string) =>
    formatSide({ kind: 'version', version, ...(source === 'experiment' ? { source } : {}) })
  return (
    <Table
      caption="Versions"
      columns={[
        { label: 'Version', wide: true },
        { label: 'Runs', numeric: true },
        { label: 'Error rate', numeric: true },
        { label: 'p50', numeric: true },
        { label: 'p95', numeric: true },
        { label: 'Cost per run', numeric: true },
        { label: 'Last run', numeric: true },
        { label: <span className="hidden-text">Compare</span> },
      ]}
    >
      {versions.map((version, index) => {
        const older = versions[index + 1]?.version ?? (before || undefined)
        return (
          <tr key={version.version}>
            <th scope="row" data-wide>
              {version.version || '(none)'}
            </th>
            <td data-numeric title={formatExact(version.runs)}>
              {formatCount(version.runs)}
            </td>
            <td
              data-numeric
              data-bad={version.errors > 0 || undefined}
              title={`${formatExact(version.errors)} runs with error`}
            >
              {formatPercent(version.errorRate)}
            </td>
            <td data-numeric>
              <Quantile ns={version.p50Ns} error={version.quantileError} />
            </td>
            <td data-numeric>
              <Quantile ns={version.p95Ns} error={version.quantileError} />
            </td>
            <CostCell of={version} per={version.runs} />
            <td data-numeric data-faint>
              <Time unixMs={version.lastRunMs} nowMs={nowMs} />
            </td>
            <td>
              {older === undefined ? null : (
                <TextLink className="link" href={compareHref(flow, side(older), side(version.version))}>
                  Compare with {older || '(none)'}
                </TextLink>
              )}
            </td>
          </tr>
        )
      })}
    </Table>
  )
}
