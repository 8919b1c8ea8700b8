import { z } from 'zod'
import type { CheckType } from './check.ts'
import { failure } from './failure-check.ts'
import { executionDuration, executionStatus, fallback, retries, succeeded } from './occurrence-checks.ts'
import { order } from './order-check.ts'
import {
  outputContain,
  outputEqual,
  outputSchema,
  valueContain,
  valueEqual,
  valueSchema,
} from './output-checks.ts'
import { preceded } from './preceded-check.ts'
import { called, ran } from './ran-check.ts'
import { runDuration, runErrors, runStatus } from './run-checks.ts'
import { trajectory } from './trajectory-check.ts'
import { executionCost, executionUsage, runCost, runTokens, runUsage } from './usage-checks.ts'

// Every type of check, by what it can be about. A new one needs three files: its own, this table, and its golden vectors
// in fixtures/check-vectors.json.

/** On whatever has a name and a status. */
const NAMED_CHECKS = [succeeded, executionStatus] as const
/** On what has times: steps and calls. */
const TIMED_CHECKS = [...NAMED_CHECKS, order, trajectory, executionDuration] as const

export const CHILD_RUN_CHECKS = [ran, ...NAMED_CHECKS] as const
export const CALL_CHECKS = [called, ...TIMED_CHECKS] as const
export const STEP_CHECKS = [ran, ...TIMED_CHECKS, retries, fallback] as const
/** On each execution of a name. */
export const EVERY_CHECKS = [
  preceded,
  valueEqual,
  valueContain,
  valueSchema,
  failure,
  executionCost,
  executionUsage,
] as const
/** On one execution of a call, and of a step. */
export const ONE_CALL_CHECKS = [...EVERY_CHECKS, succeeded, executionStatus, executionDuration] as const
export const ONE_STEP_CHECKS = [...ONE_CALL_CHECKS, retries, fallback] as const
export const RUN_CHECKS = [
  runStatus,
  runDuration,
  runErrors,
  runCost,
  runTokens,
  runUsage,
  outputEqual,
  outputContain,
  outputSchema,
] as const

const ALL = [...STEP_CHECKS, ...EVERY_CHECKS, ...RUN_CHECKS] as const

type Schemas<T extends readonly CheckType[]> = { [Index in keyof T]: T[Index]['schema'] }

export const checkSchema = z.discriminatedUnion(
  'type',
  ALL.map(({ schema }) => schema) as unknown as Schemas<typeof ALL>,
)

/** A deterministic assertion on a recorded run, as plain JSON. */
export type Check = z.infer<typeof checkSchema>

const BY_TYPE: ReadonlyMap<string, CheckType> = new Map(
  ALL.map((type): [string, CheckType] => [type.schema.shape.type.value, type]),
)

export function typeOf({ type }: Check): CheckType {
  return BY_TYPE.get(type)!
}
