import { cutText, equalsExact, parseExact, type RunRecord, stringifyExact } from '@weir/store'
import {
  type Finding,
  failed,
  type OutputContainCheck,
  type OutputEqualCheck,
  type OutputSchemaCheck,
  passed,
  unverifiable,
} from './check.ts'
import { schemaErrors } from './json-schema.ts'
import { DEEPEST, isTooDeep } from './nesting.ts'

/** Characters of an output in a reason. */
const SHOWN = 200

export function judgeOutputEqual(check: OutputEqualCheck, run: RunRecord): Finding {
  return onOutput(run, (output) =>
    equalsExact(output, check.value) || (typeof check.value === 'string' && run.output === check.value)
      ? passed('the output is equal')
      : failed(`Expected the output ${text(check.value)}, got ${text(output)}.`),
  )
}

export function judgeOutputContain(check: OutputContainCheck, run: RunRecord): Finding {
  return onOutput(run, (output) => {
    const inText = typeof check.value === 'string' && run.output.includes(check.value)
    return inText || contains(output, check.value)
      ? passed('the output contains it')
      : failed(`Expected an output that contains ${text(check.value)}, got ${text(output)}.`)
  })
}

export function judgeOutputSchema(check: OutputSchemaCheck, run: RunRecord): Finding {
  return onOutput(run, (output) => {
    // A schema is about 64-bit numbers: it knows no bigint.
    const errors = schemaErrors(check.schema, parsed(run.output, JSON.parse))
    if (errors === '') return passed('the output matches the schema')
    return failed(`The output does not match the schema: ${errors}. It is ${text(output)}.`)
  })
}

/** The marks that @weir/sdk leaves where a value was cut: `… [truncated, 70000 characters]`, `… 12 more`. */
const CUT = /… \[truncated, \d+ characters\]|"… \d+ more"|"…":"\d+ more"/

function onOutput(run: RunRecord, judge: (output: unknown) => Finding): Finding {
  if (run.output === '') return unverifiable(`The run recorded no output (${run.status}).`)
  if (CUT.test(run.output))
    return unverifiable('The output was cut when it was recorded: raise capture.maxLength.')
  const output = parseRecorded(run.output)
  if (isTooDeep(output))
    return unverifiable(`The output is nested deeper than ${DEEPEST} levels: it cannot be judged.`)
  return judge(output)
}

/**
 * Recorded values are JSON text, or plain text where they are not. An integer beyond 2^53 is a bigint, except where the
 * value is nested so deep that it cannot be judged anyway.
 */
export function parseRecorded(recorded: string): unknown {
  try {
    return parseExact(recorded)
  } catch (error) {
    return error instanceof RangeError ? parsed(recorded, JSON.parse) : recorded
  }
}

function parsed(recorded: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(recorded)
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

function text(value: unknown): string {
  const json = stringifyExact(value) ?? 'undefined'
  return json.length > SHOWN ? `${cutText(json, SHOWN)}...` : json
}
