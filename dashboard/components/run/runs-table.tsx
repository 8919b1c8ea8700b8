import type { RunRow } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { FlowLink } from '#components/flow/flow-link.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { Time } from '#components/frame/time.tsx'
import { CostCell } from '#components/table/cost-cell.tsx'
import { Table } from '#components/table/table.tsx'
import { runHref } from '#filters/links.ts'
import { formatDuration } from '#format/duration.ts'
import { formatCount, formatExact } from '#format/number.ts'
import { clockProblem } from '#format/time.ts'
import { StatusBadge } from './status-badge.tsx'

interface RunsTableProps {
  readonly caption: string
  readonly runs: readonly RunRow[]
  /** Undefined where times are told themselves, not how long ago they were. */
  readonly nowMs: number | undefined
  /** Left out where all runs are of one flow. */
  readonly showFlow?: boolean
}

/** One line per run; the start opens it. Columns that no run of the list fills are left out. */
export function RunsTable({ caption, runs, nowMs, showFlow = true }: RunsTableProps): ReactElement {
  const hasCases = runs.some(({ caseId }) => caseId !== '')
  const hasVersion = runs.some(({ version }) => version !== '')
  const hasEnvironment = runs.some(({ environment }) => environment !== '')
  return (
    <Table
      caption={caption}
      columns={[
        { label: 'Started' },
        { label: 'Status' },
        ...(showFlow ? [{ label: 'Flow' }] : []),
        { label: hasCases ? 'Detail' : 'Error', wide: true },
        ...(hasVersion ? [{ label: 'Version' }] : []),
        ...(hasEnvironment ? [{ label: 'Environment' }] : []),
        { label: 'Steps', numeric: true, title: 'Step executions' },
        { label: 'Tokens', numeric: true },
        { label: 'Cost', numeric: true },
        { label: 'Duration', numeric: true },
      ]}
    >
      {runs.map((run) => (
        <tr key={run.runId}>
          <th scope="row">
            <TextLink className="link" href={runHref(run.runId)} aria-label={`Run ${run.runId}`}>
              <Time unixMs={run.startMs} nowMs={nowMs} />
            </TextLink>
          </th>
          <td>
            <StatusBadge status={run.status} />
          </td>
          {showFlow ? (
            <td>
              <FlowLink flow={run.flow} />
            </td>
          ) : null}
          <td data-wide data-faint title={run.errorMessage || undefined}>
            {detail(run)}
          </td>
          {hasVersion ? <td>{run.version}</td> : null}
          {hasEnvironment ? <td data-faint>{run.environment}</td> : null}
          <td data-numeric>{run.stepCount}</td>
          <td
            data-numeric
            data-faint={run.inputTokens + run.outputTokens === 0 || undefined}
            title={`${formatExact(run.inputTokens)} in, ${formatExact(run.outputTokens)} out`}
          >
            {formatCount(run.inputTokens + run.outputTokens)}
          </td>
          <CostCell of={run} />
          <td data-numeric>{run.status === 'running' ? '–' : formatDuration(run.durationNs)}</td>
        </tr>
      ))}
    </Table>
  )
}

/** What went wrong, and the case where the run is a trial. */
function detail(run: RunRow): string {
  const { caseId, errorType, errorMessage } = run
  const error = [errorType, errorMessage].filter(Boolean).join(': ')
  return [caseId && `case ${caseId}`, clockProblem(run), error].filter(Boolean).join(' · ')
}
