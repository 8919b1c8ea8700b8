import { formatDuration, UsageError } from '@weir/config'
import { STATUSES } from '@weir/store/run-model'
import { z } from 'zod'
import type { Recorded } from './executions.ts'

/** One type of check: its JSON, the calls that make it, its words, and its judgement. `table.ts` lists all of them. */
export interface CheckType<S extends z.ZodObject = z.ZodObject, M = object> {
  readonly schema: S
  /** The calls that make such a check, by name. Each returns the fields beside `type`, `of` and `not`. */
  readonly matchers: M
  /** It judges each execution of a name by itself, `not` included: `target` is the one. */
  readonly isEach?: boolean
  /** Whether it reads the details of steps or calls; absent: it never does. */
  needsDetails?(check: z.infer<S>): boolean
  /** Whether it has a function, so that it cannot be stored; absent: it never has. */
  hasFunction?(check: z.infer<S>): boolean
  /** The call as its author would write it: `['toHaveRun', "'plan'"]`. What a check names comes first. */
  describe(check: z.infer<S>): MatcherCall
  /**
   * Judges the assertion without its `not`.
   * @param recorded - the run, with the executions of the check's subject; for a check on the run, with its steps
   */
  judge(check: z.infer<S>, recorded: Recorded): Finding
}

/** The name of a matcher and its arguments, as they are written. */
type MatcherCall = readonly [matcher: string, ...args: string[]]

type Fields<S extends z.ZodObject> = Omit<z.infer<S>, 'type' | 'of' | 'in' | 'at' | 'not'>

/** Infers the types of a check from its schema. */
export function defineCheck<
  S extends z.ZodObject,
  M extends Readonly<Record<string, (...args: never[]) => Fields<S>>>,
>(type: CheckType<S, M>): CheckType<S, M> {
  return type
}

export type CheckOutcome = 'passed' | 'failed' | 'unverifiable'

export interface Judgement {
  readonly outcome: CheckOutcome
  readonly reason: string
}

/**
 * What a check says of a run, without its `not`. `absent` marks a failure because the subject is not there: the
 * opposite is then unverifiable, since nothing may pass on something that is not there.
 */
export interface Finding extends Judgement {
  readonly absent?: boolean
}

export function passed(reason: string): Finding {
  return { outcome: 'passed', reason }
}

export function failed(reason: string): Finding {
  return { outcome: 'failed', reason }
}

export function absent(reason: string): Finding {
  return { outcome: 'failed', reason, absent: true }
}

export function unverifiable(reason: string): Finding {
  return { outcome: 'unverifiable', reason }
}

/** True: the opposite must hold. */
export const not = z.boolean().optional()
export const name = z.string().min(1)
export const amount = z.number().nonnegative()
/** The occurrence of a name, from 0; absent: every one. */
export const at = z.int().nonnegative().optional()
export const status = z.enum(STATUSES)

/** Not a check, or not an argument that a matcher takes. */
export class CheckError extends UsageError {
  override readonly code: string = 'CHECK'
}

export function requireName(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new CheckError(`Expected a name, got ${JSON.stringify(value)} (${typeof value}).`)
}

export function requireOccurrence(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new CheckError(`Expected an occurrence, counted from 0, got ${String(value)} (${typeof value}).`)
}

export function requireAmount(value: number): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value
  throw new CheckError(`Expected a number that is not negative, got ${String(value)} (${typeof value}).`)
}

/** A text as an argument: `'plan'`. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`
}

/** @throws CheckError for an option that a matcher does not have: a misspelt one would ask for nothing */
export function requireKeys(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown === undefined) return
  throw new CheckError(`Expected options among ${known.join(', ')}, got "${unknown}".`)
}

/** As a sentence begins. */
export function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** A duration as an argument: `'1.5s'`. */
export function quoteDuration(durationNs: number): string {
  return quote(formatDuration(durationNs).replace(' ', ''))
}
