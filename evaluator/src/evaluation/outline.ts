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
  const { name, checks, expect, scorers, gates, trials, baseline, timeoutMs, concurrency } = evaluation
  return {
    name,
    checks,
    hasExpect: expect !== undefined,
    scorers: scorers.map((scorer) => scorer.name),
    gates,
    variants: Object.keys(evaluation.variants).map((variant) => variantOf(evaluation, variant)),
    trials,
    baseline,
    timeoutMs,
    concurrency,
  }
}

function variantOf(evaluation: Evaluation, name: string): VariantOutline {
  const task = taskOf(evaluation, name)
  if (typeof task === 'function') return { name, flow: evaluation.name, version: '', isFunction: true }
  return { name, flow: task.name, version: task.version ?? '', isFunction: false }
}
