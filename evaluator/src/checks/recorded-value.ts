import type { RunRecord } from '@weir/store/run-model'
import { parseExact } from '@weir/store/text'

/**
 * What a run's output is by its type: text is the string as it is, JSON is what it says, and where nobody said which,
 * JSON if it can be. Undefined: nothing was recorded. An integer beyond 2^53 is a bigint.
 */
export function outputOf({ output, outputType }: RunRecord): unknown {
  if (outputType === '') return undefined
  return outputType === 'text' ? output : fromJson(output)
}

/** The text itself where it is no JSON, such as JSON that was cut. */
function fromJson(recorded: string): unknown {
  try {
    return parseExact(recorded)
  } catch (error) {
    // Nested so deep that it cannot be judged anyway.
    return error instanceof RangeError ? withRoundedNumbers(recorded) : recorded
  }
}

/** The output with numbers of 64 bits, as a schema sees them: it knows no bigint. */
export function outputForSchema({ output, outputType }: RunRecord): unknown {
  return outputType === 'text' ? output : withRoundedNumbers(output)
}

function withRoundedNumbers(recorded: string): unknown {
  try {
    return JSON.parse(recorded)
  } catch {
    return recorded
  }
}
