import { parseExact, requireExact, stringifyExact } from '@weir/store/text'
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import { CheckError } from './check.ts'

/** Like `z.json()`, with integers beyond 2^53 as bigints: a number of that size may have been rounded. */
export const jsonValue: z.ZodType = z
  .lazy(() => z.union([z.json(), z.bigint(), z.array(jsonValue), z.record(z.string(), jsonValue)]))
  .superRefine((value, context) => {
    try {
      requireExact(value)
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) })
    }
  })

/**
 * A value as JSON keeps it.
 * @throws CheckError for what JSON cannot say: it is refused when the check is written, not when it is judged
 */
export function toJsonValue(value: unknown): unknown {
  try {
    requireExact(value)
  } catch (cause) {
    throw new CheckError(`Expected a JSON value: ${messageOf(cause)}`, { cause })
  }
  const text = stringifyExact(value)
  if (text === undefined)
    throw new CheckError(`Expected a JSON value, got ${String(value)} (${typeof value}).`)
  return parseExact(text)
}

/** Comparing, writing and hashing recurse into a value, and Node's stack ends at about 1,500 levels. */
export const MAX_NESTING = 500

/** Whether arrays and objects are nested too deep to be judged or hashed. */
export function isTooDeep(value: unknown): boolean {
  const stack = [{ value, depth: 0 }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value: container, depth } = next
    if (typeof container !== 'object' || container === null) continue
    if (depth === MAX_NESTING) return true
    for (const inner of Object.values(container)) {
      if (typeof inner === 'object') stack.push({ value: inner, depth: depth + 1 })
    }
  }
  return false
}
