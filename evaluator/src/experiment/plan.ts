import { randomBytes } from 'node:crypto'
import type { Store } from '@weir/store'
import { type Case, findExperiment, resolveBaseline } from '@weir/store/evaluations'
import { UsageError } from '../errors.ts'
import { type ResolvedData, resolveCases } from '../evaluation/cases.ts'
import type { Evaluation, Task } from '../evaluation/definition.ts'

/** What the command line says beyond the definition. */
export interface RunSettings {
  /** Only cases whose id contains it, unless the evaluation's name does. */
  readonly filter?: string | undefined
  readonly trials?: number | undefined
  readonly baseline?: string | undefined
  readonly concurrency?: number | undefined
  /** VCS revision of the code under test. */
  readonly revision?: string | undefined
  readonly environment?: string | undefined
}

/** One experiment before it runs: an evaluation's variant with everything resolved. */
export interface Plan {
  readonly experimentId: string
  readonly evaluation: Evaluation
  /** The evaluation's file, if it came from one. */
  readonly file: string | undefined
  readonly variant: string
  readonly flow: string
  readonly version: string
  readonly cases: readonly Case[]
  readonly dataset: string
  readonly datasetHash: string
  readonly trials: number
  readonly concurrency: number
  /** As asked for, undefined: none. */
  readonly baseline: string | undefined
  /** Undefined if there is no such baseline yet. */
  readonly baselineExperimentId: string | undefined
  readonly revision: string
  readonly environment: string
  /** Milliseconds since 1970. */
  readonly started: number
}

/** One experiment per variant of an evaluation; none if the filter leaves no case. */
export async function planExperiments(
  evaluation: Evaluation,
  file: string | undefined,
  settings: RunSettings,
  store: Store | undefined,
): Promise<Plan[]> {
  const data = await resolveCases(evaluation, file, store)
  const { filter } = settings
  const isWhole = filter === undefined || evaluation.name.includes(filter)
  const cases = isWhole ? data.cases : data.cases.filter(({ id }) => id.includes(filter))
  if (!isWhole && cases.length === 0) return []
  const baseline = settings.baseline ?? evaluation.baseline
  const baselineExperimentId =
    baseline === undefined || store === undefined
      ? undefined
      : await findBaseline(store, evaluation, baseline)
  return Object.keys(evaluation.variants).map((variant) => {
    const plan = planOf(evaluation, file, variant, { ...data, cases })
    return {
      ...plan,
      trials: settings.trials ?? plan.trials,
      concurrency: settings.concurrency ?? plan.concurrency,
      baseline,
      baselineExperimentId,
      revision: settings.revision ?? '',
      environment: settings.environment ?? '',
    }
  })
}

/** The plan of one variant by its definition alone. */
export function planOf(
  evaluation: Evaluation,
  file: string | undefined,
  variant: string,
  data: ResolvedData,
): Plan {
  const { name, version } = subjectOf(evaluation, variant)
  return {
    experimentId: randomBytes(6).toString('hex'),
    evaluation,
    file,
    variant,
    flow: name,
    version,
    cases: data.cases,
    dataset: data.dataset,
    datasetHash: data.hash,
    trials: evaluation.trials,
    concurrency: evaluation.concurrency,
    baseline: evaluation.baseline,
    baselineExperimentId: undefined,
    revision: '',
    environment: '',
    started: Date.now(),
  }
}

/** A baseline of the evaluation by its name, or an experiment by its id. */
async function findBaseline(store: Store, evaluation: Evaluation, name: string): Promise<string | undefined> {
  const experimentId = await resolveBaseline(store, { evaluation: evaluation.name, name })
  if (experimentId === undefined) return undefined
  const experiment = await findExperiment(store, { experimentId })
  if (experiment === undefined || experiment.evaluation === evaluation.name) return experimentId
  throw new UsageError(
    `Baseline "${name}" is an experiment of "${experiment.evaluation}", not of "${evaluation.name}".`,
  )
}

/** The task of a variant: its own, or the evaluation's. */
export function taskOf(evaluation: Evaluation, variant: string): Task<unknown, unknown> {
  const value = evaluation.variants[variant]
  const own = typeof value === 'object' && value !== null && 'task' in value ? value.task : undefined
  return (own as Task<unknown, unknown> | undefined) ?? evaluation.task
}

/** Name and version of the flow that a variant runs. */
function subjectOf(evaluation: Evaluation, variant: string): { name: string; version: string } {
  const task = taskOf(evaluation, variant)
  if (typeof task === 'function') return { name: evaluation.name, version: '' }
  return { name: task.name, version: task.version ?? '' }
}
