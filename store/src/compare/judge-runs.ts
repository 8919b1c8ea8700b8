import type { StepComparison } from './comparison.ts'
import { judge } from './judge.ts'
import { measure } from './measure.ts'
import { type Observation, statsOf, successful } from './observation.ts'

/**
 * What a comparison says of two sets of whole runs, as if all of them were read from the store: for simulations.
 * @param base in the order in which they started
 */
export function judgeRuns(
  base: readonly Observation[],
  candidate: readonly Observation[],
): StepComparison['metrics'] {
  const [judged] = judge([measure(toMeasured(base), toMeasured(candidate))])
  return judged!
}

function toMeasured(observations: readonly Observation[]) {
  return { stats: statsOf(observations), durations: successful(observations) }
}
