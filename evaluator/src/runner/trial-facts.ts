import type { RunUsage } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import { cutText } from '@weir/store/text'
import { outputOf } from '../checks/output-checks.ts'

/** What runs used together. */
export interface ReportUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars. */
  readonly cost: number
  /** Some tokens have no known price: it cost at least `cost`. */
  readonly isCostPartial: boolean
}

/** What a report says of the run of a trial. */
export interface TrialFacts extends ReportUsage {
  /** With its type; its beginning as text where `outputLength` is not 0; undefined if none was recorded. */
  readonly output: unknown
  /** Characters that it had before it was cut; 0: it is whole. */
  readonly outputLength: number
}

/** Reports hold the outputs of all trials: longer ones are cut. The run has the whole. */
const MOST_CHARACTERS = 10_000

export function factsOf(run: RunRecord): TrialFacts {
  const { output, outputLength } = run
  const usage = usageOf(run)
  if (outputLength === 0 && output.length <= MOST_CHARACTERS)
    return { output: outputOf(run), outputLength: 0, ...usage }
  return { output: cutText(output, MOST_CHARACTERS), outputLength: outputLength || output.length, ...usage }
}

export function usageOf({ inputTokens, outputTokens, cost, unpricedTokens }: RunUsage): ReportUsage {
  return { inputTokens, outputTokens, cost, isCostPartial: unpricedTokens > 0 }
}

export function sumUsage(all: readonly ReportUsage[]): ReportUsage {
  return {
    inputTokens: all.reduce((sum, one) => sum + one.inputTokens, 0),
    outputTokens: all.reduce((sum, one) => sum + one.outputTokens, 0),
    cost: all.reduce((sum, one) => sum + one.cost, 0),
    isCostPartial: all.some((one) => one.isCostPartial),
  }
}
