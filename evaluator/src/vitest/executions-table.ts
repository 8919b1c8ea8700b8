import { formatDuration } from '@weir/config'
import { printed } from '@weir/store/text'
import type { Execution, Recorded } from '../checks/executions.ts'
import { executionName, noneText, tookText } from '../checks/executions-text.ts'

/** Rows shown at most. */
const SHOWN = 50

/** The run and what it recorded of a subject, one per line, steps indented by their depth. */
export function executionsTable(recorded: Recorded): string {
  const { run, of, executions } = recorded
  const head = `Run of ${run.flow}: ${run.status}${run.incomplete ? ', incomplete' : ''}, ${formatDuration(run.durationNs)}`
  const rows = executions.slice(0, SHOWN).map((execution) => toRow(recorded, execution))
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

function toRow({ of, executions }: Recorded, execution: Execution): string[] {
  const { status, fallback, startNs, attempts, parent } = execution
  const times =
    of === 'childRuns' ? ['', ''] : [`at ${formatDuration(startNs)}`, `took ${tookText(execution)}`]
  return [
    `${'  '.repeat(depthOf(executions, parent))}${printed(executionName(execution))}`,
    status + (fallback ? ' (fallback)' : ''),
    ...times,
    attempts === 1 ? '' : `${attempts} attempts`,
  ]
}

function depthOf(executions: readonly Execution[], parent: number): number {
  let depth = 0
  for (let above = executions[parent]; above !== undefined && depth < 20; above = executions[above.parent])
    depth++
  return depth
}
