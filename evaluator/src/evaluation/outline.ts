import type { Check } from '../checks/table.ts'
import { type Evaluation, type Gates, taskOf } from './definition.ts'

/** What other processes need to know of an evaluation: all of it but its functions. */
export interface Outline {
  readonly name: string
  readonly checks: readonly Check[]
  readonly hasExpect: boolean
  /** Names. */
  readonly scorers: readonly string[]
  readonly gates: Gates
  /** At least one. */
  readonly variants: readonly VariantOutline[]
  readonly trials: number
  readonly baseline: string | undefined
  readonly timeoutMs: number
  readonly concurrency: number
  readonly startIntervalMs: number
  readonly retryOnError: number
  readonly budget: number | undefined
}

export interface VariantOutline {
  /** '' without variants. */
  readonly name: string
  /** Name and version of the flow that the variant runs. */
  readonly flow: string
  /** '' if it has none. */
  readonly version: string
  /** A plain function, which is judged together with the runs that it starts. */
  readonly isFunction: boolean
}

export function outlineOf(evaluation: Evaluation): Outline {
  const { checks, expect, scorers, variants } = evaluation
  const { name, gates, trials, baseline, timeoutMs, concurrency, startIntervalMs, retryOnError, budget } =
    evaluation
  return {
    ...{ name, gates, trials, baseline, timeoutMs, concurrency, startIntervalMs, retryOnError, budget },
    checks,
    hasExpect: expect !== undefined,
    scorers: scorers.map((scorer) => scorer.name),
    variants: Object.keys(variants).map((variant) => variantOf(evaluation, variant)),
  }
}

/** Whether a check wants the run to end in an error: then a task that throws did what it should. */
export function isErrorExpected(checks: readonly Check[]): boolean {
  return checks.some(
    (check) => check.type === 'run.status' && (check.status === 'error') !== (check.not === true),
  )
}

function variantOf(evaluation: Evaluation, name: string): VariantOutline {
  const task = taskOf(evaluation, name)
  if (typeof task === 'function') return { name, flow: evaluation.name, version: '', isFunction: true }
  return { name, flow: task.name, version: task.version ?? '', isFunction: false }
}
