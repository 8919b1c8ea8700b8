import type { RunRecord } from '@weir/store/run-model'
import { cutText, equalsExact, stringifyExact } from '@weir/store/text'
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
import { outputForSchema, outputOf } from './recorded-value.ts'

/** Characters of an output in a reason. */
const SHOWN = 200

export function judgeOutputEqual(check: OutputEqualCheck, run: RunRecord): Finding {
  return onOutput(run, (output) =>
    equalsExact(output, check.value) || (run.outputType === 'unknown' && run.output === check.value)
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
    const errors = schemaErrors(check.schema, outputForSchema(run))
    if (errors === '') return passed('the output matches the schema')
    return failed(`The output does not match the schema: ${errors}. It is ${text(output)}.`)
  })
}

function onOutput(run: RunRecord, judge: (output: unknown) => Finding): Finding {
  if (run.outputType === '') return unverifiable(`The run recorded no output (${run.status}).`)
  if (run.outputLength > 0)
    return unverifiable(
      `The output had ${run.outputLength} characters and was cut when it was recorded: raise capture.maxLength.`,
    )
  const output = outputOf(run)
  if (isTooDeep(output))
    return unverifiable(`The output is nested deeper than ${DEEPEST} levels: it cannot be judged.`)
  return judge(output)
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
