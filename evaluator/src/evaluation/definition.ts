import type { Duration } from '@weir/config'
import type { RunOptions } from '@weir/sdk'
import type { Case } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import type { Check } from '../checks/check.ts'
import type { Matchers } from '../checks/matchers.ts'
import type { DataSource } from './data-source.ts'

/** What a plain function as a task is given besides its input. */
export interface TaskContext {
  /** Aborted at the timeout of the case. */
  readonly signal: AbortSignal
  /** The variant's value, undefined without variants. */
  readonly variant: unknown
}

/** A flow of @weir/sdk, as far as it is evaluated. */
export interface FlowTask<I, O> {
  readonly name: string
  readonly version: string | undefined
  readonly run: (input: I, options?: RunOptions) => Promise<O>
}

/** What is evaluated: a flow, or an async function that is run as a flow of the evaluation's name. */
export type Task<I, O> = FlowTask<I, O> | ((input: I, context: TaskContext) => O | Promise<O>)

/** A case as it is written: an id is made from the input where there is none. */
export type CaseInput<I> = Omit<Case, 'id' | 'input'> & { readonly id?: string; readonly input: I }

export type Data<I> =
  | readonly CaseInput<I>[]
  | DataSource
  | (() => readonly CaseInput<I>[] | Promise<readonly CaseInput<I>[]>)

/** What a scorer judges, as it was recorded. */
export interface Scored<I = unknown, O = unknown> {
  readonly input: I
  /** Undefined if none was recorded; a text where it was cut ({@link RunRecord.outputLength}). */
  readonly output: O
  /** The case's expected output; undefined if it has none. */
  readonly reference: unknown
  readonly run: RunRecord
}

/** 0..1, with a reason where there is one to give. */
export type ScorerResult = number | { readonly score: number; readonly reason?: string }

export type ScorerFunction<I = unknown, O = unknown> = (
  scored: Scored<I, O>,
) => ScorerResult | Promise<ScorerResult>

export interface Scorer<I = unknown, O = unknown> {
  readonly name: string
  readonly score: ScorerFunction<I, O>
}

/** What `expect` is given: the same matchers as checks, recorded as results when they are called. */
export interface ExpectContext<I = unknown, O = unknown> extends Scored<I, O> {
  readonly expect: Matchers<void>
}

export interface ScoreGate {
  readonly mean?: number
  readonly min?: number
}

/** Conditions on the totals; each one that fails stops the build. */
export interface Gates {
  /** Least share of trials that pass, 0..1. Default 1. */
  readonly passRate?: number
  /** Per scorer the least mean (a number alone) or the least mean and minimum. */
  readonly scores?: Readonly<Record<string, number | ScoreGate>>
  /** No step, nor the run, may have become slower than in the baseline. */
  readonly latency?: { readonly steps: 'no-regression' }
}

export interface Definition<I = unknown, O = unknown> {
  readonly task: Task<I, O>
  readonly data: Data<I>
  readonly checks?: readonly Check[]
  readonly expect?: (context: ExpectContext<I, O>) => void | Promise<void>
  readonly scorers?: readonly (Scorer<I, O> | ScorerFunction<I, O>)[]
  readonly gates?: Gates
  /**
   * One experiment per variant. A plain function gets the value as `context.variant`; a value with a `task`
   * replaces the task.
   */
  readonly variants?: Readonly<Record<string, unknown>>
  /** Times that each case is run. Default 1. */
  readonly trials?: number
  /** Name of a promoted baseline, or the id of an experiment. */
  readonly baseline?: string
  /** Longest time for one case, and then for each scorer and for `expect`. Default `'60s'`. */
  readonly timeout?: Duration
  /** Cases at once. Default 8. */
  readonly concurrency?: number
}

/** Marks what `evaluate` gives, across copies of this package. */
export const EVALUATION: unique symbol = Symbol.for('weir.evaluation.1') as never

/** A checked definition. */
export interface Evaluation {
  readonly [EVALUATION]: true
  readonly name: string
  readonly task: Task<unknown, unknown>
  readonly data: Data<unknown>
  readonly checks: readonly Check[]
  readonly expect: ((context: ExpectContext) => void | Promise<void>) | undefined
  readonly scorers: readonly Scorer[]
  readonly gates: Gates
  /** At least one; '' without variants. */
  readonly variants: Readonly<Record<string, unknown>>
  readonly trials: number
  readonly baseline: string | undefined
  readonly timeoutMs: number
  readonly concurrency: number
}

export function isEvaluation(value: unknown): value is Evaluation {
  return typeof value === 'object' && value !== null && (value as Partial<Evaluation>)[EVALUATION] === true
}
