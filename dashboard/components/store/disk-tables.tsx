import type { DiskUsage, ProjectUsage } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { Table } from '#components/table/table.tsx'
import { nameText } from '#format/name.ts'
import { formatBytes, formatCount, formatExact, formatPercent } from '#format/number.ts'

/** More projects are in the metrics. */
const MOST_PROJECTS = 100

/** Rows and bytes of each table. */
export function TablesTable({ usage }: { readonly usage: DiskUsage }): ReactElement {
  return (
    <Table
      caption="Tables"
      columns={[
        { label: 'Table', wide: true },
        { label: 'Rows', numeric: true, title: 'A row that was replaced counts until its part is merged' },
        { label: 'On disk', numeric: true },
        { label: 'Uncompressed', numeric: true },
        { label: 'Parts', numeric: true },
      ]}
    >
      {usage.tables.map(({ table, rows, diskBytes, uncompressedBytes, parts }) => (
        <tr key={table}>
          <th scope="row" data-wide>
            {table}
          </th>
          <td data-numeric title={formatExact(rows)}>
            {formatCount(rows)}
          </td>
          <td data-numeric title={`${formatExact(diskBytes)} bytes`}>
            {formatBytes(diskBytes)}
          </td>
          <td data-numeric>{formatBytes(uncompressedBytes)}</td>
          <td data-numeric>{formatExact(parts)}</td>
        </tr>
      ))}
    </Table>
  )
}

/** What each project takes, of all tables and of those that take the most. */
export function ProjectsTable({ usage }: { readonly usage: DiskUsage }): ReactElement {
  const all = projectTotals(usage)
  const bytes = all.reduce((sum, project) => sum + project.diskBytes, 0)
  return (
    <Table
      caption="Projects"
      columns={[
        { label: 'Project', wide: true },
        { label: 'Rows of spans', numeric: true },
        { label: 'Rows of runs', numeric: true },
        { label: 'On disk, about', numeric: true, title: ABOUT },
        { label: 'Of all, about', numeric: true, title: ABOUT },
      ]}
    >
      {all.slice(0, MOST_PROJECTS).map(({ project, spans, runs, diskBytes }) => (
        <tr key={project}>
          <th scope="row" data-wide>
            {nameText(project)}
          </th>
          <td data-numeric title={formatExact(spans)}>
            {formatCount(spans)}
          </td>
          <td data-numeric title={formatExact(runs)}>
            {formatCount(runs)}
          </td>
          <td data-numeric>{formatBytes(diskBytes)}</td>
          <td data-numeric>{formatPercent(bytes === 0 ? 0 : diskBytes / bytes)}</td>
        </tr>
      ))}
    </Table>
  )
}

const ABOUT = 'Projects share tables: by the rows of each, and by the size of some of them'

interface ProjectTotals {
  readonly project: string
  readonly spans: number
  readonly runs: number
  readonly diskBytes: number
}

/** The largest first. */
function projectTotals({ projects }: DiskUsage): ProjectTotals[] {
  const rowsOf = (found: readonly ProjectUsage[], table: string) =>
    found.find((usage) => usage.table === table)?.rows ?? 0
  return [...Map.groupBy(projects, ({ project }) => project)]
    .map(([project, found]) => ({
      project,
      spans: rowsOf(found, 'spans'),
      runs: rowsOf(found, 'runs'),
      diskBytes: found.reduce((sum, usage) => sum + usage.diskBytes, 0),
    }))
    .sort((a, b) => b.diskBytes - a.diskBytes)
}

/** How many projects have rows, and how many of them are listed. */
export function describeProjects({ projects }: DiskUsage): string {
  const count = new Set(projects.map(({ project }) => project)).size
  if (count > MOST_PROJECTS) return `The largest ${MOST_PROJECTS} of ${formatExact(count)}; /metrics has all`
  return count === 1 ? '1 project' : `${formatExact(count)} projects`
}
