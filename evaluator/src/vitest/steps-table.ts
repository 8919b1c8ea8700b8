import { printed, type RunRecord } from '@weir/store'
import { formatDuration } from '../checks/duration.ts'
import { stepName } from '../checks/steps-text.ts'

/** Rows shown at most. */
const SHOWN = 50

/** The run and its steps, one per line, indented by their depth. */
export function stepsTable(run: RunRecord): string {
  const head = `Run of ${run.flow}: ${run.status}${run.incomplete ? ', incomplete' : ''}, ${formatDuration(run.durationNs)}`
  const rows = run.steps
    .slice(0, SHOWN)
    .map((step) => [
      `${'  '.repeat(depthOf(run, step.parent))}${printed(stepName(step))}`,
      step.status + (step.fallback ? ' (fallback)' : ''),
      `at ${formatDuration(step.startNs)}`,
      `took ${formatDuration(step.durationNs)}`,
      step.attempts === 1 ? '' : `${step.attempts} attempts`,
    ])
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  )
  const rest = run.steps.length - rows.length
  return [head, ...(lines.length === 0 ? ['  no steps'] : lines), ...(rest > 0 ? [`  and ${rest} more`] : [])]
    .map(printed)
    .join('\n')
}

function depthOf(run: RunRecord, parent: number): number {
  let depth = 0
  for (let above = run.steps[parent]; above !== undefined && depth < 20; above = run.steps[above.parent])
    depth++
  return depth
}
