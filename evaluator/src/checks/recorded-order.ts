import type { RunRecord, StepRecord } from '@weir/store'

/** Whether one step execution came before another, as far as the record tells. */
export type Before = 'yes' | 'no' | 'unknown'

/** Clocks of many clients tick in milliseconds: a start on a whole one may have been up to one later. */
const TICK_NS = 1_000_000

/** Equal starts say nothing, unless one step encloses the other. */
export function startedBefore(run: RunRecord, first: StepRecord, second: StepRecord): Before {
  if (first.startNs !== second.startNs) return first.startNs < second.startNs ? 'yes' : 'no'
  if (first === second || encloses(run, second, first)) return 'no'
  return encloses(run, first, second) ? 'yes' : 'unknown'
}

/** A step that has not ended precedes nothing. */
export function endedBefore(run: RunRecord, first: StepRecord, second: StepRecord): Before {
  if (first === second || first.status === 'running') return 'no'
  const end = first.startNs + first.durationNs
  if (end <= second.startNs) return first.startNs < second.startNs ? 'yes' : startedBefore(run, first, second)
  const isCoarse = (run.startUnixNano + BigInt(second.startNs)) % BigInt(TICK_NS) === 0n
  return isCoarse && end < second.startNs + TICK_NS && !encloses(run, first, second) ? 'unknown' : 'no'
}

function encloses(run: RunRecord, outer: StepRecord, inner: StepRecord): boolean {
  let above = run.steps[inner.parent]
  // Bounded by the number of steps, so that a cycle in a broken record ends.
  for (let depth = 0; above !== undefined && depth < run.steps.length; depth++) {
    if (above === outer) return true
    above = run.steps[above.parent]
  }
  return false
}
