import { type Execution, executionName, occurrencesOf, type Recorded } from './executions.ts'
import { fits, type Pattern } from './pattern.ts'
import { knownValue, shorten, valueOfExecution } from './recorded-value.ts'

/** Whether an execution has such an input; a text says why that cannot be told. */
export function inputFits(execution: Execution, wanted: Pattern): boolean | string {
  const known = knownValue(valueOfExecution(execution, 'input'))
  return known.problem ?? fits(wanted, known.value)
}

/** Inputs that a reason quotes at most. */
const MAX_INPUTS = 5

/** `Inputs: search {"q":"moon"}, search#1 {"q":"sun"}. `; nothing if no input is known. */
export function inputsText(recorded: Recorded, name: string): string {
  const executions = occurrencesOf(recorded, { name })
  const inputs = executions.slice(0, MAX_INPUTS).flatMap((execution) => {
    const known = knownValue(valueOfExecution(execution, 'input'))
    return known.problem === undefined ? [`${executionName(execution)} ${shorten(known.value)}`] : []
  })
  const rest = executions.length - MAX_INPUTS
  return inputs.length === 0 ? '' : `Inputs: ${inputs.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}. `
}
