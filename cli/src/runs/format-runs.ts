import { formatDuration } from '@weir/config'
import type { RunRow } from '@weir/store/pages'
import { formatTable } from '../table.ts'

/** Longer errors are on the page of the run. */
const LONGEST_ERROR = 80

/** A line per run. */
export function formatRuns(runs: readonly RunRow[]): string[] {
  return formatTable(
    ['started (UTC)', 'run', 'flow', 'version', 'status', 'duration', 'tokens', 'cost', 'error'],
    runs.map((run) => [
      new Date(run.startMs).toISOString().replace('T', ' ').replace('Z', ''),
      run.runId,
      run.flow,
      run.version,
      run.status,
      run.status === 'running' ? '' : formatDuration(run.durationNs),
      String(run.inputTokens + run.outputTokens),
      describeCost(run),
      glance([run.errorType, run.errorMessage].filter(Boolean).join(': ')),
    ]),
  )
}

/** Tokens whose price nobody knows did not cost nothing. */
function describeCost({ cost, unpricedTokens }: RunRow): string {
  const dollars = `$${Number(cost.toPrecision(3))}`
  if (unpricedTokens > 0) return cost === 0 ? 'unknown' : `≥ ${dollars}`
  return cost === 0 ? '' : dollars
}

function glance(error: string): string {
  const line = error.replaceAll(/\s+/g, ' ')
  return line.length > LONGEST_ERROR ? `${line.slice(0, LONGEST_ERROR - 1)}…` : line
}
