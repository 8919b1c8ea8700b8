import type { ValueType } from './run.ts'

/** Input and output of a span. */
export interface Payload {
  readonly input: string
  readonly output: string
  readonly inputType: ValueType
  readonly outputType: ValueType
  readonly inputLength: number
  readonly outputLength: number
}

export const NO_PAYLOAD: Payload = {
  input: '',
  output: '',
  inputType: '',
  outputType: '',
  inputLength: 0,
  outputLength: 0,
}

/** @param value of a column of `spans` */
export function toPayload(value: (column: string) => unknown): Payload {
  return {
    input: value('input') as string,
    output: value('output') as string,
    inputType: value('input_type') as ValueType,
    outputType: value('output_type') as ValueType,
    inputLength: Number(value('input_length')),
    outputLength: Number(value('output_length')),
  }
}
