import { randomBytes } from 'node:crypto'
import { UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import {
  type Case,
  findExperiment,
  findPassedExperiment,
  type Result,
  resolveBaseline,
} from '@weir/store/evaluations'
import type { ResolvedData } from '../evaluation/cases.ts'
import type { Outline, VariantOutline } from '../evaluation/outline.ts'
import type { EvaluationCode } from '../runner/evaluation-code.ts'

/** What the command line sets beyond the definition. */
export interface RunSettings {
  /** Runs only cases whose id contains this text, or all if the evaluation's name contains it. */
  readonly filter?: string | undefined
  /** Runs only cases that have one of these tags. */
  readonly tags?: readonly string[] | undefined
  /** Runs only these variants. */
  readonly variants?: readonly string[] | undefined
  readonly trials?: number | undefined
  readonly baseline?: string | undefined
  /** Where no baseline of that name was promoted: the newest good experiment on this VCS revision is one. */
  readonly baselineRevision?: string | undefined
  readonly concurrency?: number | undefined
  /** VCS revision of the code under test. */
  readonly revision?: string | undefined
  readonly environment?: string | undefined
}

/** An experiment before it runs: a variant of an evaluation, with everything resolved. */
export interface Plan {
  readonly experimentId: string
  readonly outline: Outline
  /** The evaluation's file, if it came from one. */
  readonly file: string | undefined
  readonly variant: VariantOutline
  readonly cases: readonly Case[]
  /** Also those that the filter left out. */
  readonly allCases: readonly Case[]
  /** Cases that the filter left out. */
  readonly leftOut: number
  readonly dataset: string
  readonly datasetHash: string
  /** Of each case, at most. */
  readonly trials: number
  /** Of each case, after which it was decided; undefined: all run. */
  readonly decidedAfter?: number
  readonly concurrency: number
  /** As it was asked for; undefined: none. */
  readonly baseline: string | undefined
  /** Undefined if there is no such baseline yet. */
  readonly baselineExperimentId: string | undefined
  readonly revision: string
  readonly environment: string
  /** Since 1970. */
  readonly startedMs: number
  /** Results of trials that need not run again. */
  readonly judged: readonly Result[]
}

/** One experiment per variant of an evaluation; none if the filter leaves no case. */
export async function planExperiments(
  code: EvaluationCode,
  settings: RunSettings,
  store: Store | undefined,
): Promise<Plan[]> {
  const { outline, file } = code
  const data = await code.cases(store)
  const cases = wantedCases(outline, data.cases, settings)
  const isFiltered = cases.length < data.cases.length
  if (isFiltered && cases.length === 0) return []
  const variants = outline.variants.filter(({ name }) => settings.variants?.includes(name) ?? true)
  return Promise.all(
    variants.map(async (variant) => {
      const plan = planOf(outline, file, variant, data)
      const baseline = settings.baseline ?? outline.baseline
      return {
        ...plan,
        cases,
        leftOut: data.cases.length - cases.length,
        trials: settings.trials ?? plan.trials,
        concurrency: settings.concurrency ?? plan.concurrency,
        baseline,
        baselineExperimentId:
          baseline === undefined || store === undefined
            ? undefined
            : await findBaseline(store, outline, variant, baseline, settings.baselineRevision),
        revision: settings.revision ?? '',
        environment: settings.environment ?? '',
      }
    }),
  )
}

function wantedCases(
  { name }: Outline,
  cases: readonly Case[],
  { filter, tags }: RunSettings,
): readonly Case[] {
  const isWhole = filter === undefined || name.includes(filter)
  const isTagged = ({ tags: own = [] }: Case) => tags === undefined || own.some((tag) => tags.includes(tag))
  return cases.filter((item) => (isWhole || item.id.includes(filter)) && isTagged(item))
}

/** The plan of a variant, from its definition alone. */
export function planOf(
  outline: Outline,
  file: string | undefined,
  variant: VariantOutline,
  data: ResolvedData,
): Plan {
  return {
    experimentId: randomBytes(6).toString('hex'),
    outline,
    file,
    variant,
    cases: data.cases,
    allCases: data.cases,
    leftOut: 0,
    dataset: data.dataset,
    datasetHash: data.hash,
    trials: outline.trials,
    concurrency: outline.concurrency,
    baseline: outline.baseline,
    baselineExperimentId: undefined,
    revision: '',
    environment: '',
    startedMs: Date.now(),
    judged: [],
  }
}

/** A baseline of the evaluation by its name, an experiment by its id, or one on a revision. */
async function findBaseline(
  store: Store,
  { name: evaluation }: Outline,
  variant: VariantOutline,
  name: string,
  revision: string | undefined,
): Promise<string | undefined> {
  const experimentId = await resolveBaseline(store, { evaluation, name })
  if (experimentId === undefined)
    return revision === undefined
      ? undefined
      : findPassedExperiment(store, { evaluation, variant: variant.name, revision })
  const experiment = await findExperiment(store, { experimentId })
  if (experiment === undefined || experiment.evaluation === evaluation) return experimentId
  throw new UsageError(
    `Baseline "${name}" is an experiment of "${experiment.evaluation}", not of "${evaluation}".`,
  )
}
