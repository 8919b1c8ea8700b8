import type { Execution, Recorded } from './executions.ts'

/** Whether one execution came before another, as far as the record tells. */
export type Before = 'yes' | 'no' | 'unknown'

/** Many clients' clocks tick in milliseconds: a start on a whole millisecond may have been up to one later. */
const TICK_NS = 1_000_000

/** Starts that differ by no more than their uncertainty say nothing, unless one execution encloses the other. */
export function startedBefore(recorded: Recorded, first: Execution, second: Execution): Before {
  if (first === second) return 'no'
  const later = second.startNs - first.startNs
  if (Math.abs(later) > marginOf(first, second)) return later > 0 ? 'yes' : 'no'
  if (encloses(recorded, second, first)) return 'no'
  return encloses(recorded, first, second) ? 'yes' : 'unknown'
}

/** What has not ended precedes nothing. */
export function endedBefore(recorded: Recorded, first: Execution, second: Execution): Before {
  if (first === second || first.status === 'running') return 'no'
  const gap = second.startNs - (first.startNs + first.durationNs)
  const margin = marginOf(first, second)
  if (gap >= margin) return startedBefore(recorded, first, second)
  if (encloses(recorded, first, second) || encloses(recorded, second, first)) return 'no'
  if (gap >= -margin) return 'unknown'
  const isCoarse = (recorded.run.startUnixNano + BigInt(second.startNs)) % BigInt(TICK_NS) === 0n
  return isCoarse && gap > -margin - TICK_NS ? 'unknown' : 'no'
}

/** Each may be off by its uncertainty. */
function marginOf(first: Execution, second: Execution): number {
  return first.uncertainNs + second.uncertainNs
}

function encloses({ executions }: Recorded, outer: Execution, inner: Execution): boolean {
  let above = executions[inner.parent]
  // Bounded by the number of executions, so that a cycle in a broken record ends.
  for (let depth = 0; above !== undefined && depth < executions.length; depth++) {
    if (above === outer) return true
    above = executions[above.parent]
  }
  return false
}
