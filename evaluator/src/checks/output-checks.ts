import type { RunRecord } from '@weir/store/run-model'
import { z } from 'zod'
import { at, defineCheck, name, not, quote, requireName } from './check.ts'
import { timedSubject, within } from './executions.ts'
import { type OutputSchema, toJsonSchema } from './json-schema.ts'
import { jsonValue, toJsonValue } from './json-value.ts'
import {
  argumentText,
  judgeContain,
  judgeEqual,
  judgeSchema,
  outputOfRun,
  parseRecorded,
  type Side,
  valueOfExecution,
} from './recorded-value.ts'

/** A run's output by its type. Undefined: nothing was recorded. An integer beyond 2^53 is a bigint. */
export function outputOf(run: RunRecord): unknown {
  return parseRecorded(outputOfRun(run))
}

const schemaData = z.record(z.string(), jsonValue)

export const outputEqual = defineCheck({
  schema: z.strictObject({ type: z.literal('output.equal'), value: jsonValue, not }),
  matchers: {
    /** Numbers by what they are worth; an integer beyond 2^53 is written as a bigint: `{ id: 9007199254740993n }`. */
    toHaveOutputEqual: (value: unknown) => ({ value: toJsonValue(value) }),
  },
  describe: ({ value }) => ['toHaveOutputEqual', argumentText(value)],
  judge: ({ value }, { run }) => judgeEqual(outputOfRun(run), value),
})

export const outputContain = defineCheck({
  schema: z.strictObject({ type: z.literal('output.contain'), value: jsonValue, not }),
  matchers: {
    /** Text within the output, elements of an array, properties of an object. */
    toHaveOutputContaining: (value: unknown) => ({ value: toJsonValue(value) }),
  },
  describe: ({ value }) => ['toHaveOutputContaining', argumentText(value)],
  judge: ({ value }, { run }) => judgeContain(outputOfRun(run), value),
})

export const outputSchema = defineCheck({
  schema: z.strictObject({ type: z.literal('output.schema'), schema: schemaData, not }),
  matchers: {
    /** A zod schema or a JSON schema. */
    toHaveOutputMatching: (schema: OutputSchema) => ({ schema: toJsonSchema(schema) }),
  },
  describe: ({ schema }) => ['toHaveOutputMatching', argumentText(schema)],
  judge: ({ schema }, { run }) => judgeSchema(outputOfRun(run), schema),
})

const ofExecution = {
  of: timedSubject,
  in: within,
  name,
  at,
  side: z.enum(['input', 'output']),
  not,
}

export const valueEqual = defineCheck({
  isEach: true,
  needsDetails: () => true,
  schema: z.strictObject({ type: z.literal('execution.equal'), ...ofExecution, value: jsonValue }),
  matchers: {
    /** As `run.toHaveOutputEqual`. */
    toHaveInputEqual: (name: string, value: unknown) => valueFields(name, 'input', value),
    /** As `run.toHaveOutputEqual`. */
    toHaveOutputEqual: (name: string, value: unknown) => valueFields(name, 'output', value),
  },
  describe: ({ name, side, value }) => [`toHave${WORDS[side]}Equal`, quote(name), argumentText(value)],
  judge: ({ side, value }, { target }) => judgeEqual(valueOfExecution(target!, side), value),
})

export const valueContain = defineCheck({
  isEach: true,
  needsDetails: () => true,
  schema: z.strictObject({ type: z.literal('execution.contain'), ...ofExecution, value: jsonValue }),
  matchers: {
    /** As `run.toHaveOutputContaining`. */
    toHaveInputContaining: (name: string, value: unknown) => valueFields(name, 'input', value),
    /** As `run.toHaveOutputContaining`. */
    toHaveOutputContaining: (name: string, value: unknown) => valueFields(name, 'output', value),
  },
  describe: ({ name, side, value }) => [`toHave${WORDS[side]}Containing`, quote(name), argumentText(value)],
  judge: ({ side, value }, { target }) => judgeContain(valueOfExecution(target!, side), value),
})

export const valueSchema = defineCheck({
  isEach: true,
  needsDetails: () => true,
  schema: z.strictObject({ type: z.literal('execution.schema'), ...ofExecution, schema: schemaData }),
  matchers: {
    /** A zod schema or a JSON schema. */
    toHaveInputMatching: (name: string, schema: OutputSchema) => schemaFields(name, 'input', schema),
    /** A zod schema or a JSON schema. */
    toHaveOutputMatching: (name: string, schema: OutputSchema) => schemaFields(name, 'output', schema),
  },
  describe: ({ name, side, schema }) => [`toHave${WORDS[side]}Matching`, quote(name), argumentText(schema)],
  judge: ({ side, schema }, { target }) => judgeSchema(valueOfExecution(target!, side), schema),
})

const WORDS = { input: 'Input', output: 'Output' } as const

function valueFields(name: string, side: Side, value: unknown) {
  return { name: requireName(name), side, value: toJsonValue(value) }
}

function schemaFields(name: string, side: Side, schema: OutputSchema) {
  return { name: requireName(name), side, schema: toJsonSchema(schema) }
}
