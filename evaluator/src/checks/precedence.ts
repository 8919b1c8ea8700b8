import { type Execution, type Recorded, stepsAround } from './executions.ts'

/** Whether one execution came before another, as far as the record tells. */
export type Before = 'yes' | 'no' | 'unknown'

/** Many clients' clocks tick in milliseconds: a start on a whole millisecond may have been up to one later. */
const TICK_NS = 1_000_000

/**
 * Nothing begins before its run: what says so is taken to have begun with it, give or take what its clock is known to be off by.
 * Its recorded start would precede everything else of the run, whenever it really began.
 */
export function startOf({ startNs }: Execution): number {
  return Math.max(0, startNs)
}

/** Starts that differ by no more than their uncertainty say nothing, unless one execution encloses the other. */
export function startedBefore(recorded: Recorded, first: Execution, second: Execution): Before {
  if (first === second) return 'no'
  const later = startOf(second) - startOf(first)
  if (Math.abs(later) > marginOf(first, second)) return later > 0 ? 'yes' : 'no'
  if (encloses(recorded, second, first)) return 'no'
  return encloses(recorded, first, second) ? 'yes' : 'unknown'
}

/** What has not ended precedes nothing. */
export function endedBefore(recorded: Recorded, first: Execution, second: Execution): Before {
  if (first === second || first.status === 'running') return 'no'
  const gap = startOf(second) - (startOf(first) + first.durationNs)
  const margin = marginOf(first, second)
  if (gap >= margin) return startedBefore(recorded, first, second)
  if (encloses(recorded, first, second) || encloses(recorded, second, first)) return 'no'
  if (gap >= -margin) return 'unknown'
  return isCoarse(recorded, second) && gap > -margin - TICK_NS ? 'unknown' : 'no'
}

function isCoarse({ run }: Recorded, { startNs }: Execution): boolean {
  return (Number(run.startUnixNano % BigInt(TICK_NS)) + startNs) % TICK_NS === 0
}

/** Looks for what came before an execution. */
export interface SearchBefore {
  /** What has less of it is before more. */
  key(execution: Execution): number
  /** @param before - sorted by key */
  isAfterAny(before: ReadonlySet<Execution>, next: Execution): boolean
}

/**
 * Finds what {@link startedBefore} an execution, or {@link endedBefore} it where `strict`, without asking each: what begins too late
 * is not looked at.
 * @param surely - or else what may have
 */
export function searchBefore(
  recorded: Recorded,
  { strict, surely }: { readonly strict: boolean; readonly surely: boolean },
): SearchBefore {
  const precedes = strict ? endedBefore : startedBefore
  const key = (execution: Execution): number => {
    const { durationNs, uncertainNs, status } = execution
    if (strict && status === 'running') return Number.POSITIVE_INFINITY
    return startOf(execution) + (strict ? durationNs : 0) + (surely ? uncertainNs : -uncertainNs)
  }
  const limitOf = (next: Execution): number => {
    if (surely) return startOf(next) - next.uncertainNs
    return startOf(next) + next.uncertainNs + (strict && isCoarse(recorded, next) ? TICK_NS - 1 : 0)
  }
  const isBefore = (first: Execution, next: Execution): boolean => {
    const found = precedes(recorded, first, next)
    return found === 'yes' || (!surely && found === 'unknown')
  }
  return {
    key,
    isAfterAny(before, next) {
      const limit = limitOf(next)
      // Of what may have started with it, only what is around it is surely before it.
      const areTiesAround = surely && !strict
      for (const first of before) {
        if (areTiesAround ? key(first) >= limit : key(first) > limit) break
        if (areTiesAround || isBefore(first, next)) return true
      }
      if (!areTiesAround) return false
      for (const around of stepsAround(recorded.run, next))
        if (before.has(around) && isBefore(around, next)) return true
      return false
    },
  }
}

/** Each may be off by its uncertainty. */
function marginOf(first: Execution, second: Execution): number {
  return first.uncertainNs + second.uncertainNs
}

/** Among steps only: a call does not say which call it is in. */
function encloses({ run, of }: Recorded, outer: Execution, inner: Execution): boolean {
  if (of !== 'steps') return false
  let around = run.steps[inner.parent]
  // Bounded by the number of steps, so that a cycle in a broken record ends.
  for (let depth = 0; around !== undefined && depth < run.steps.length; depth++) {
    if (around === outer) return true
    around = run.steps[around.parent]
  }
  return false
}
