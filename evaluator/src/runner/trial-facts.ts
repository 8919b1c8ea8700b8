import type { RunRecord } from '@weir/store/run-model'
import { cutText } from '@weir/store/text'
import { outputOf } from '../checks/output-checks.ts'

/** What a report says of the run of a trial. */
export interface TrialFacts {
  /** With its type; its beginning as text where `outputLength` is not 0; undefined if none was recorded. */
  readonly output: unknown
  /** Characters that it had before it was cut; 0: it is whole. */
  readonly outputLength: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars. */
  readonly cost: number
  /** Some of its tokens have no known price: it cost at least `cost`. */
  readonly isCostPartial: boolean
}

/** Reports hold the outputs of all trials: longer ones are cut. The run has the whole. */
const MOST_CHARACTERS = 10_000

export function factsOf(run: RunRecord): TrialFacts {
  const { output, outputLength, inputTokens, outputTokens, cost, unpricedTokens } = run
  const usage = { inputTokens, outputTokens, cost, isCostPartial: unpricedTokens > 0 }
  if (outputLength === 0 && output.length <= MOST_CHARACTERS)
    return { output: outputOf(run), outputLength: 0, ...usage }
  return { output: cutText(output, MOST_CHARACTERS), outputLength: outputLength || output.length, ...usage }
}
