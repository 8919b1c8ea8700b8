import type { RunRecord } from '@weir/store/run-model'
import { cutText, equalsExact, parseExact, stringifyExact } from '@weir/store/text'
import { z } from 'zod'
import { defineCheck, type Finding, failed, not, passed, unverifiable } from './check.ts'
import { type OutputSchema, schemaErrors, toJsonSchema } from './json-schema.ts'
import { isTooDeep, jsonValue, MAX_NESTING, toJsonValue } from './json-value.ts'

export const outputEqual = defineCheck({
  schema: z.strictObject({ type: z.literal('output.equal'), value: jsonValue, not }),
  matchers: {
    /** Numbers by what they are worth; an integer beyond 2^53 is written as a bigint: `{ id: 9007199254740993n }`. */
    toHaveOutputEqual: (value: unknown) => ({ value: toJsonValue(value) }),
  },
  describe: ({ value }) => ['toHaveOutputEqual', shorten(value, MAX_ARGUMENT)],
  judge: ({ value }, { run }) =>
    judgeOutput(run, (output) =>
      equalsExact(output, value) || (run.outputType === 'unknown' && run.output === value)
        ? passed('the output is equal')
        : failed(`Expected the output ${shorten(value)}, got ${shorten(output)}.`),
    ),
})

export const outputContain = defineCheck({
  schema: z.strictObject({ type: z.literal('output.contain'), value: jsonValue, not }),
  matchers: {
    /** Text within the output, elements of an array, properties of an object. */
    toHaveOutputContaining: (value: unknown) => ({ value: toJsonValue(value) }),
  },
  describe: ({ value }) => ['toHaveOutputContaining', shorten(value, MAX_ARGUMENT)],
  judge: ({ value }, { run }) =>
    judgeOutput(run, (output) => {
      const isInText = typeof value === 'string' && run.output.includes(value)
      return isInText || contains(output, value)
        ? passed('the output contains it')
        : failed(`Expected an output that contains ${shorten(value)}, got ${shorten(output)}.`)
    }),
})

export const outputSchema = defineCheck({
  schema: z.strictObject({ type: z.literal('output.schema'), schema: z.record(z.string(), jsonValue), not }),
  matchers: {
    /** A zod schema or a JSON schema. */
    toHaveOutputMatching: (schema: OutputSchema) => ({ schema: toJsonSchema(schema) }),
  },
  describe: ({ schema }) => ['toHaveOutputMatching', shorten(schema, MAX_ARGUMENT)],
  judge: ({ schema }, { run }) =>
    judgeOutput(run, (output) => {
      const errors = schemaErrors(schema, outputForSchema(run))
      if (errors === undefined) return passed('the output matches the schema')
      return failed(`The output does not match the schema: ${errors}. It is ${shorten(output)}.`)
    }),
})

function judgeOutput(run: RunRecord, judge: (output: unknown) => Finding): Finding {
  if (run.outputType === '') return unverifiable(`The run recorded no output (${run.status}).`)
  if (run.outputLength > 0 && run.output === '')
    return unverifiable(`The output had ${run.outputLength} characters and was removed by retention.`)
  if (run.outputLength > 0)
    return unverifiable(
      `The output had ${run.outputLength} characters and was cut when it was recorded: raise capture.maxLength.`,
    )
  const output = outputOf(run)
  if (isTooDeep(output))
    return unverifiable(`The output is nested deeper than ${MAX_NESTING} levels: it cannot be judged.`)
  return judge(output)
}

/**
 * A run's output by its type: text is the string as it is, JSON is what it says; of an unknown type it is JSON if it can
 * be. Undefined: nothing was recorded. An integer beyond 2^53 is a bigint.
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
    // A RangeError: nested so deep that it cannot be judged anyway.
    return error instanceof RangeError ? withRoundedNumbers(recorded) : recorded
  }
}

/** The output with 64-bit numbers: a schema knows no bigint. */
function outputForSchema({ output, outputType }: RunRecord): unknown {
  return outputType === 'text' ? output : withRoundedNumbers(output)
}

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

function shorten(value: unknown, length = MAX_QUOTED): string {
  const json = stringifyExact(value) ?? 'undefined'
  return json.length > length ? `${cutText(json, length)}...` : json
}
