import type { Detail, RunRecord, ValueType } from '@weir/store/run-model'
import { cutText, equalsExact, parseExact, stringifyExact } from '@weir/store/text'
import { type Finding, failed, passed, unverifiable } from './check.ts'
import { type Execution, executionName } from './executions.ts'
import { schemaErrors } from './json-schema.ts'
import { isTooDeep, MAX_NESTING } from './json-value.ts'

export type Side = 'input' | 'output'

/** An input or output as it was recorded. */
export interface RecordedValue {
  readonly side: Side
  /** `output`, `input of "search#1"`. */
  readonly noun: string
  /** What is to be said where there is none. */
  readonly missing: string
  readonly text: string
  readonly type: ValueType
  /** Characters before it was cut; 0: it is whole. */
  readonly length: number
  /** Why it was not read. */
  readonly unread?: string | undefined
}

export function outputOfRun({ output, outputType, outputLength, status }: RunRecord): RecordedValue {
  const missing = `The run recorded no output (${status}).`
  return { side: 'output', noun: 'output', missing, text: output, type: outputType, length: outputLength }
}

export function valueOfExecution(execution: Execution, side: Side): RecordedValue {
  const { detail, status } = execution
  const own = `"${executionName(execution)}"`
  const noun = `${side} of ${own}`
  const missing = `${own} recorded no ${side} (${status}).`
  if (detail === undefined) return { side, noun, missing, ...NOT_READ, unread: `The ${noun} was not read.` }
  const { text, type, length } = sideOf(detail, side)
  const unread =
    detail.unreadBytes > 0
      ? `The ${noun} was not read: the steps and calls of the run have too many bytes of inputs and outputs.`
      : undefined
  return { side, noun, missing, text, type, length, unread }
}

const NOT_READ = { text: '', type: '', length: 0 } as const

function sideOf(detail: Detail, side: Side): Pick<RecordedValue, 'text' | 'type' | 'length'> {
  return side === 'input'
    ? { text: detail.input, type: detail.inputType, length: detail.inputLength }
    : { text: detail.output, type: detail.outputType, length: detail.outputLength }
}

/** A value that can be judged, or why it cannot. */
export type Known = { readonly value: unknown; readonly problem?: never } | { readonly problem: string }

export function knownValue(recorded: RecordedValue): Known {
  const { noun, missing, text, type, length, unread } = recorded
  if (unread !== undefined) return { problem: unread }
  if (type === '') return { problem: missing }
  if (length > 0 && text === '')
    return { problem: `The ${noun} had ${length} characters and was removed by retention.` }
  if (length > 0)
    return {
      problem: `The ${noun} had ${length} characters and was cut when it was recorded: raise capture.maxLength.`,
    }
  const value = parseRecorded(recorded)
  if (isTooDeep(value))
    return { problem: `The ${noun} is nested deeper than ${MAX_NESTING} levels: it cannot be judged.` }
  return { value }
}

function judgeKnown(recorded: RecordedValue, judge: (value: unknown) => Finding): Finding {
  const known = knownValue(recorded)
  return known.problem === undefined ? judge(known.value) : unverifiable(known.problem)
}

export function judgeEqual(recorded: RecordedValue, wanted: unknown): Finding {
  const { noun, text, type } = recorded
  return judgeKnown(recorded, (value) =>
    equalsExact(value, wanted) || (type === 'unknown' && text === wanted)
      ? passed(`the ${noun} is equal`)
      : failed(`Expected the ${noun} ${shorten(wanted)}, got ${shorten(value)}.`),
  )
}

export function judgeContain(recorded: RecordedValue, wanted: unknown): Finding {
  const { noun, text } = recorded
  return judgeKnown(recorded, (value) =>
    (typeof wanted === 'string' && text.includes(wanted)) || contains(value, wanted)
      ? passed(`the ${noun} contains it`)
      : failed(`Expected an ${noun} that contains ${shorten(wanted)}, got ${shorten(value)}.`),
  )
}

export function judgeSchema(recorded: RecordedValue, schema: Readonly<Record<string, unknown>>): Finding {
  const { side, noun, text, type } = recorded
  return judgeKnown(recorded, (value) => {
    const errors = schemaErrors(schema, type === 'text' ? text : withRoundedNumbers(text), side)
    if (errors === undefined) return passed(`the ${noun} matches the schema`)
    return failed(`The ${noun} does not match the schema: ${errors}. It is ${shorten(value)}.`)
  })
}

/**
 * A value by its type: text is the string as it is, JSON is what it says; of an unknown type it is JSON if it can be. Undefined:
 * nothing was recorded. An integer beyond 2^53 is a bigint.
 */
export function parseRecorded({ text, type }: RecordedValue): unknown {
  if (type === '') return undefined
  return type === 'text' ? text : fromJson(text)
}

/** The text itself where it is no JSON, such as JSON that was cut. */
function fromJson(recorded: string): unknown {
  try {
    return parseExact(recorded)
  } catch (error) {
    // A RangeError: nested so deep that it cannot be judged anyway.
    return error instanceof RangeError ? withRoundedNumbers(recorded) : recorded
  }
}

/** With 64-bit numbers: a schema knows no bigint. */
function withRoundedNumbers(recorded: string): unknown {
  try {
    return JSON.parse(recorded)
  } catch {
    return recorded
  }
}

function contains(actual: unknown, expected: unknown): boolean {
  if (typeof actual === 'string' && typeof expected === 'string') return actual.includes(expected)
  if (Array.isArray(actual)) {
    const wanted = Array.isArray(expected) ? expected : [expected]
    return wanted.every((item) => actual.some((candidate) => contains(candidate, item)))
  }
  if (!isObject(actual) || !isObject(expected)) return equalsExact(actual, expected)
  return Object.entries(expected).every(
    ([key, value]) => Object.hasOwn(actual, key) && contains(actual[key], value),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Characters of a value in a check's name. */
const MAX_ARGUMENT = 80
/** Characters of a value in a reason. */
const MAX_QUOTED = 200

/** A value as an argument of a check. */
export function argumentText(value: unknown): string {
  return shorten(value, MAX_ARGUMENT)
}

export function shorten(value: unknown, length: number = MAX_QUOTED): string {
  const json = stringifyExact(value) ?? 'undefined'
  return json.length > length ? `${cutText(json, length)}...` : json
}
