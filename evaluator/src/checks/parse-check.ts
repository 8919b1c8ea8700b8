import { requireExact } from '@weir/store/text'
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import type { Check } from './check.ts'
import { CheckError } from './matchers.ts'

const not = z.boolean().optional()
const name = z.string().min(1)
const ofSteps = z.literal('steps')
const ofTimed = z.enum(['steps', 'tools', 'models', 'agents', 'retrievers', 'embedders'])
const of = z.enum([...ofTimed.options, 'childRuns'])
const atMost = z.number().nonnegative()
const status = z.enum(['running', 'ok', 'error', 'suspended', 'cancelled', 'expired', 'replayed', 'skipped'])

/** As `z.json()`, with integers beyond 2^53 as bigints: a number there may be another one than was written. */
const json: z.ZodType = z
  .lazy(() => z.union([z.json(), z.bigint(), z.array(json), z.record(z.string(), json)]))
  .superRefine((value, context) => {
    try {
      requireExact(value)
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) })
    }
  })

const check = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('execution.ran'),
    of,
    name,
    atLeast: atMost,
    atMost: atMost.optional(),
    not,
  }),
  z.strictObject({ type: z.literal('execution.succeeded'), of, name, not }),
  z.strictObject({ type: z.literal('execution.status'), of, name, status, not }),
  z.strictObject({
    type: z.literal('execution.order'),
    of: ofTimed,
    names: z.array(name).min(2),
    strict: z.boolean(),
    not,
  }),
  z.strictObject({
    type: z.literal('execution.trajectory'),
    of: ofTimed,
    names: z.array(name),
    mode: z.enum(['exact', 'subset', 'superset', 'unordered']),
    not,
  }),
  z.strictObject({ type: z.literal('execution.duration'), of: ofTimed, name, atMostNs: atMost, not }),
  z.strictObject({ type: z.literal('execution.retries'), of: ofSteps, name, atMost, not }),
  z.strictObject({ type: z.literal('execution.fallback'), of: ofSteps, name, not }),
  z.strictObject({ type: z.literal('run.status'), status, not }),
  z.strictObject({ type: z.literal('run.duration'), atMostNs: atMost, not }),
  z.strictObject({ type: z.literal('run.errors'), not }),
  z.strictObject({ type: z.literal('run.cost'), atMost, not }),
  z.strictObject({ type: z.literal('run.tokens'), atMost, not }),
  z.strictObject({ type: z.literal('output.equal'), value: json, not }),
  z.strictObject({ type: z.literal('output.contain'), value: json, not }),
  z.strictObject({ type: z.literal('output.schema'), schema: z.record(z.string(), json), not }),
])

/** Checks that were stored or sent as JSON. Throws a {@link CheckError} that says which one is wrong. */
export function parseChecks(value: unknown): Check[] {
  const parsed = z.array(check).safeParse(value)
  if (parsed.success) return parsed.data as Check[]
  throw new CheckError(`Expected a list of checks. ${z.prettifyError(parsed.error)}`, { cause: parsed.error })
}
