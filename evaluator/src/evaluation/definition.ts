import type { Duration } from '@weir/config'
import type { RunOptions } from '@weir/sdk'
import { baselineGates } from '@weir/store/compare'
import type { Case } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import { z } from 'zod'
import type { Matchers } from '../checks/matchers.ts'
import type { Check } from '../checks/table.ts'
import { toDollars } from '../checks/usage-checks.ts'
import { messageOf } from '../errors.ts'

/** Where the cases come from, read when the evaluation runs. */
export type DataSource =
  | { readonly type: 'dataset'; readonly reference: string }
  | { readonly type: 'jsonl'; readonly path: string }

/** A stored dataset: `dataset('research')` for the latest version, `dataset('research@3')` for one. */
export function dataset(reference: string): DataSource {
  return { type: 'dataset', reference }
}

/** A file of one JSON case per line; a relative path starts at the evaluation's file. */
export function jsonl(path: string | URL): DataSource {
  return { type: 'jsonl', path: String(path) }
}

export function isDataSource(value: unknown): value is DataSource {
  const { type } = (value ?? {}) as { type?: unknown }
  return type === 'dataset' || type === 'jsonl'
}

/** What a plain function gets besides its input when it is the task. */
export interface TaskContext {
  /** Aborts when the case times out. */
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

/** A case as it is written. One without an id gets one that is made from its input. */
export type CaseInput<I> = Omit<Case, 'id' | 'input'> & { readonly id?: string; readonly input: I }

export type Data<I> =
  | readonly CaseInput<I>[]
  | DataSource
  | (() => readonly CaseInput<I>[] | Promise<readonly CaseInput<I>[]>)

/** What a scorer judges, as it was recorded. */
export interface Scored<I = unknown, O = unknown> {
  readonly input: I
  /** Undefined if none was recorded; text if it was cut ({@link RunRecord.outputLength}). */
  readonly output: O
  /** The case's expected output; undefined if it has none. */
  readonly reference: unknown
  /** With its id, tags and metadata. */
  readonly case: Case
  /** Its status, steps, calls and usage. */
  readonly run: RunRecord
  /** Aborts when the time is up. */
  readonly signal: AbortSignal
}

/** 0..1, with a reason if there is one. */
export type ScorerResult = number | { readonly score: number; readonly reason?: string }

export type ScorerFunction<I = unknown, O = unknown> = (
  scored: Scored<I, O>,
) => ScorerResult | Promise<ScorerResult>

export interface Scorer<I = unknown, O = unknown> {
  readonly name: string
  readonly score: ScorerFunction<I, O>
}

/**
 * What `expect` gets besides: the matchers of checks, each call of which becomes a result. It may also throw what any assertion
 * library throws.
 */
export interface ExpectContext<I = unknown, O = unknown> extends Scored<I, O> {
  readonly expect: Matchers<void>
}

const share = z.number().min(0).max(1)
/** `0.02` or `'$0.02'`. */
export const dollars = z.union([z.number(), z.string()]).transform((value, context) => {
  try {
    return toDollars(value)
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) })
    return z.NEVER
  }
})
const scoreGate = z.strictObject({ mean: share.optional(), min: share.optional() })

const byK = z
  .record(z.string(), share)
  .refine((value) => Object.keys(value).every((k) => /^[1-9]\d{0,4}$/.test(k)), {
    error: 'expected numbers of trials, such as { 3: 0.9 }',
  })

/** Conditions on the totals; each one that fails stops the build. */
export const gates = z.strictObject({
  /** The least share of trials that pass, 0..1. Default 1. */
  passRate: share.optional(),
  /** The least share of its trials that each case passes, 0..1: a case that is flaky beyond it stops the build by itself. */
  perCase: z.strictObject({ atLeast: share }).optional(),
  /** By k, the least pass@k: the chance that at least one of k trials of a case passes. */
  passAt: byK.optional(),
  /** By k, the least pass^k: the chance that all k trials of a case pass. */
  passAll: byK.optional(),
  /** Per scorer the least mean (a number alone), or the least mean and minimum. With scorers, at least one has a gate. */
  scores: z.record(z.string(), z.union([share, scoreGate])).optional(),
  /** No step, nor the run, may have become slower than in the baseline: `vsBaseline: { latency: 'no-regression' }`. */
  latency: z.strictObject({ steps: z.literal('no-regression') }).optional(),
  /** The most that a trial may cost on average, and all of them, in US dollars: `0.02` or `'$0.02'`. */
  cost: z.strictObject({ perTrial: dollars.optional(), total: dollars.optional() }).optional(),
  /** Against the baseline, over the cases that both have. */
  vsBaseline: baselineGates.optional(),
})

export type ScoreGate = z.infer<typeof scoreGate>
/** As they are written. */
type GatesInput = z.input<typeof gates>
/** As they are judged. */
export type Gates = z.infer<typeof gates>

export interface Definition<I = unknown, O = unknown> {
  readonly task: Task<I, O>
  readonly data: Data<I>
  readonly checks?: readonly Check[]
  readonly expect?: (context: ExpectContext<I, O>) => void | Promise<void>
  readonly scorers?: readonly (Scorer<I, O> | ScorerFunction<I, O>)[]
  /**
   * Conditions on the totals. `passRate`: the least share of trials that pass (default 1); `perCase: { atLeast }`: the same of each
   * case. `passAt: { 3: 0.9 }`, `passAll: { 3: 0.7 }`: the least pass@3 and pass^3. `scores`: per scorer the least mean, or `{ mean, min }`. `cost: { perTrial, total }`: the most. `vsBaseline`: per metric
   * `'no-regression'` or a bound; `latency: { steps: 'no-regression' }` is one of these.
   */
  readonly gates?: GatesInput
  /**
   * One experiment per variant. A plain function gets the value as `context.variant`; a value with a `task`
   * replaces the task.
   */
  readonly variants?: Readonly<Record<string, unknown>>
  /**
   * How often each case is run. Default 1. `{ max: 20, stopWhen: 'decided' }`: until the gates are decided, but at most so often. Gates beside
   * the baseline are then judged by anytime-valid tests, so that looking after each round costs nothing.
   */
  readonly trials?: number | { readonly max: number; readonly stopWhen: 'decided' }
  /** Name of a promoted baseline, or the id of an experiment. */
  readonly baseline?: string
  /** Longest time for a case, and then for each scorer and for `expect`. Default `'60s'`. */
  readonly timeout?: Duration
  /** Cases at once. Default 8. */
  readonly concurrency?: number
  /** The most tasks that begin in a time, spread evenly: `'60/min'`, `'2/s'`, `'500/h'`. Default: no limit. */
  readonly rateLimit?: string
  /**
   * How often a trial runs again whose task failed, timed out or crashed, for infrastructure that fails now and then. What checks and
   * scorers say never runs a trial again. Default 0.
   */
  readonly retryOnError?: number
  /**
   * US dollars, `5` or `'$5'`: once all runs have cost as much, those that failed and those of scorers too, no more trials begin, and the
   * experiment is not evaluated. Recorded runs count every few seconds, since they are read back. Default: no limit.
   */
  readonly budget?: number | string
}

/** Marks what `evaluate` returns, across copies of this package. */
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
  /** At most. */
  readonly trials: number
  /** Whether fewer trials are enough. */
  readonly stopWhen: 'decided' | undefined
  readonly baseline: string | undefined
  readonly timeoutMs: number
  readonly concurrency: number
  /** Between the starts of two tasks; 0: no limit. */
  readonly startIntervalMs: number
  readonly retryOnError: number
  /** US dollars. */
  readonly budget: number | undefined
}

export function isEvaluation(value: unknown): value is Evaluation {
  return typeof value === 'object' && value !== null && (value as Partial<Evaluation>)[EVALUATION] === true
}

/** The task of a variant: its own, or the evaluation's. */
export function taskOf(evaluation: Evaluation, variant: string): Task<unknown, unknown> {
  const value = evaluation.variants[variant]
  const own = typeof value === 'object' && value !== null && 'task' in value ? value.task : undefined
  return (own as Task<unknown, unknown> | undefined) ?? evaluation.task
}
