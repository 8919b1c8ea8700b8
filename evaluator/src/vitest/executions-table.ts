import { formatDuration } from '@weir/config'
import { printed } from '@weir/store/text'
import {
  durationText,
  type Execution,
  executionName,
  noneText,
  type Recorded,
  stepsAround,
} from '../checks/executions.ts'

/** Levels of indentation shown at most. */
const MAX_DEPTH = 20
/** Rows shown at most. */
const MAX_ROWS = 50

/** The run and what it recorded of a subject, one per line, steps indented by their depth. */
export function executionsTable(recorded: Recorded): string {
  const { run, of, executions } = recorded
  const head = `Run of ${run.flow}: ${run.status}${run.incomplete ? ', incomplete' : ''}, ${formatDuration(run.durationNs)}`
  const rows = executions.slice(0, MAX_ROWS).map((execution) => toRow(recorded, execution))
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  )
  const rest = executions.length - rows.length
  return [
    head,
    ...(lines.length === 0 ? [`  ${noneText(of)}`] : lines),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ]
    .map(printed)
    .join('\n')
}

function toRow({ run, of }: Recorded, execution: Execution): string[] {
  const { status, fallback, startNs, attempts } = execution
  const depth = of === 'steps' ? [...stepsAround(run, execution)].length : 0
  const times =
    of === 'childRuns' ? ['', ''] : [`at ${formatDuration(startNs)}`, `took ${durationText(execution)}`]
  return [
    `${'  '.repeat(Math.min(depth, MAX_DEPTH))}${printed(executionName(execution))}`,
    status + (fallback ? ' (fallback)' : ''),
    ...times,
    attempts === 1 ? '' : `${attempts} attempts`,
  ]
}
