import type { Check } from '../checks/table.ts'
import { type Evaluation, taskOf } from './definition.ts'

type Plain =
  | ('name' | 'checks' | 'gates' | 'trials' | 'baseline' | 'timeoutMs' | 'concurrency')
  | ('stopWhen' | 'startIntervalMs' | 'retryOnError' | 'budget')

/** What other processes need to know of an evaluation: all of it but its functions. */
export interface Outline extends Pick<Evaluation, Plain> {
  readonly hasExpect: boolean
  /** Names. */
  readonly scorers: readonly string[]
  /** At least one. */
  readonly variants: readonly VariantOutline[]
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
  const { name, gates, trials, stopWhen, baseline, timeoutMs, concurrency } = evaluation
  const { startIntervalMs, retryOnError, budget } = evaluation
  return {
    ...{ name, gates, trials, stopWhen, baseline, timeoutMs, concurrency },
    ...{ startIntervalMs, retryOnError, budget },
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
