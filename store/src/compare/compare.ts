import type { Store } from '../store.ts'
import type { ComparedSide, Comparison, LoneStep, StepComparison } from './comparison.ts'
import { COMPARISON_RULE, judge } from './judge.ts'
import { type Measured, measure } from './measure.ts'
import { measureAdjusted } from './measure-adjusted.ts'
import { measureCases, type TrialValues } from './measure-cases.ts'
import { measurePaired } from './measure-paired.ts'
import { adjustNotes, readMix } from './mix.ts'
import { describeSelection, findGrowth, type ReadSide, runNotes, writeNotes } from './notes.ts'
import type { Observation } from './observation.ts'
import { findPairing, pairingNotes, shareCases, valueNotes } from './pairing.ts'
import { type ResolvedSide, resolveSide } from './selection.ts'
import type { Side } from './side.ts'
import { CompareError, formatSide } from './side.ts'
import {
  readRunSample,
  readRunStats,
  readStepStats,
  type Scope,
  type SideStats,
  STRATA,
  type StepStats,
} from './side-queries.ts'
import { summarise } from './summary.ts'
import { readTrialValues } from './trial-values.ts'

export interface CompareParams {
  /** Default: the store's project. */
  readonly project?: string
  readonly flow: string
  readonly base: Side
  readonly candidate: Side
  /** The end of windows that name none; default: now. */
  readonly now?: Date
  /**
   * Whether the verdicts must hold however often one looks while runs arrive. Default: if a side is still growing. It costs power: an
   * interval is half as wide again.
   */
  readonly anytime?: boolean
  /**
   * What runs must share to be compared: `environment`, `service`, `model`, `user`, `session`, or a key of their metadata. A different mix
   * of its values is then no difference.
   */
  readonly adjust?: string
}

interface SideData extends ReadSide {
  readonly side: Side
  /** The runs that the tests see. */
  readonly sample: readonly Observation[]
}

/**
 * Compares two sets of runs of one flow, step by step and as a whole.
 *
 * One value per (run, step): the executions of one label in a run add up their durations, and succeed together if the last
 * attempt of each did. Durations are compared among successful executions, so that failing fast is not faster. Two experiments
 * that share cases are compared case by case, by their trials' pass rates, scores and cost as well. A verdict
 * needs q < 0.05, a factor of 1.10 and an absolute floor (`COMPARISON_RULE`); docs/STATISTICS.md names the methods.
 *
 * @throws CompareError if a baseline does not exist
 */
export async function compare(anyStore: Store, params: CompareParams): Promise<Comparison> {
  const { flow, project = anyStore.project, now = new Date(), adjust } = params
  const store: Store = { ...anyStore, project }
  const scope: Scope = { project, flow, ...(adjust !== undefined && { adjust }) }
  const resolved = await Promise.all([
    resolveSide(store, flow, params.base, now),
    resolveSide(store, flow, params.candidate, now),
  ])
  const pairing = await findPairing(store, resolved)
  if (pairing !== null && adjust !== undefined)
    throw new CompareError(
      `The experiments share cases, and each case is compared with itself: there is nothing to adjust for ${adjust}.`,
    )
  const sides = pairing === null ? resolved : shareCases(resolved)
  const [base, candidate, values] = await Promise.all([
    readSide(store, scope, sides[0], params.base, now),
    readSide(store, scope, sides[1], params.candidate, now),
    pairing === null ? NO_VALUES : readValues(store, sides),
  ])
  const anytime = params.anytime ?? (base.growth !== 'none' || candidate.growth !== 'none')
  const { run, steps, caseMetrics, tests } = judgeAll(base, candidate, values, {
    kind: pairing !== null ? 'paired' : adjust !== undefined ? 'adjusted' : 'plain',
    anytime,
  })
  if (adjust !== undefined) requireStrata(adjust, [base, candidate])
  const labels = { base: base.label, candidate: candidate.label }
  const both = base.run.n > 0 && candidate.run.n > 0
  return {
    flow,
    base: toComparedSide(base),
    candidate: toComparedSide(candidate),
    ...summarise(labels, { run, steps, caseMetrics, pairing }),
    run,
    anytime,
    adjusted: adjust ?? null,
    pairing,
    caseMetrics,
    steps,
    added: both ? onlyIn(candidate, base) : [],
    removed: both ? onlyIn(base, candidate) : [],
    notes: [
      ...(await pairingNotes(store, resolved, pairing)),
      ...valueNotes([base.label, candidate.label], values),
      ...(await writeNotes(store, scope, [base, candidate])),
      ...runNotes([base.label, candidate.label], run),
      ...(adjust === undefined
        ? []
        : adjustNotes(adjust, [base.sample, candidate.sample], [base.label, candidate.label])),
    ],
    tests,
  }
}

async function readSide(
  store: Store,
  scope: Scope,
  resolved: ResolvedSide,
  side: Side,
  now: Date,
): Promise<SideData> {
  const { selection } = resolved
  const run = await readRunStats(store, scope, selection)
  const [sample, steps, growth, mix] = await Promise.all([
    readRunSample(store, scope, selection, run),
    readStepStats(store, scope, selection, run),
    findGrowth(store, resolved, run, now),
    readMix(store, scope, selection, run),
  ])
  return { ...resolved, side, run, sample, steps, growth, mix }
}

type Values = readonly [base: readonly TrialValues[], candidate: readonly TrialValues[]]
const NO_VALUES: Values = [[], []]

async function readValues(
  store: Store,
  [base, candidate]: readonly [ResolvedSide, ResolvedSide],
): Promise<Values> {
  return Promise.all([
    readTrialValues(store, base.experimentId!),
    readTrialValues(store, candidate.experimentId!),
  ])
}

/** @throws CompareError for a key that no run has: it may be misspelt */
function requireStrata(adjust: string, sides: readonly SideData[]): void {
  const runs = sides.flatMap(({ sample }) => sample)
  if (runs.length === 0 || runs.some(({ stratum }) => stratum !== '')) return
  const what = STRATA.has(adjust) ? `a ${adjust}` : `"${adjust}" in its metadata`
  throw new CompareError(
    `No run of either side has ${what}. Adjust for ${[...STRATA.keys()].join(', ')}, or a key of the metadata of runs.`,
  )
}

const MEASURES = { plain: measure, paired: measurePaired, adjusted: measureAdjusted }

interface How {
  readonly kind: keyof typeof MEASURES
  readonly anytime: boolean
}

function judgeAll(base: SideData, candidate: SideData, values: Values, how: How) {
  const own = byName(candidate)
  const pairs = shown(base)
    .sort((a, b) => a.position - b.position)
    .flatMap((before) => {
      const after = own.get(before.name)
      return after ? [{ step: before.name, base: before, candidate: after }] : []
    })
  const measureStep = MEASURES[how.kind]
  const measured = [
    measureStep(ofRun(base), ofRun(candidate), how.anytime),
    ...pairs.map((pair) => measureStep(ofStep(pair.base), ofStep(pair.candidate), how.anytime)),
  ]
  const judged = judge(measured, measureCases(...values, how.anytime))
  const [run, ...steps] = judged.steps
  return {
    run: toStepComparison(null, base.run, candidate.run, run!),
    steps: pairs.map((pair, i) => toStepComparison(pair.step, pair.base, pair.candidate, steps[i]!)),
    caseMetrics: judged.caseMetrics,
    tests: judged.tests,
  }
}

function toStepComparison(
  step: string | null,
  base: SideStats,
  candidate: SideStats,
  metrics: StepComparison['metrics'],
): StepComparison {
  return { step, base: onlyStats(base), candidate: onlyStats(candidate), metrics }
}

function onlyStats({ n, succeeded, p50Ns, p95Ns, p99Ns }: SideStats): SideStats {
  return { n, succeeded, p50Ns, p95Ns, p99Ns }
}

function ofRun({ run, sample }: SideData): Measured {
  return { stats: run, observations: sample }
}

function ofStep(stats: StepStats): Measured {
  return { stats, observations: stats.sample }
}

function shown({ steps }: SideData): StepStats[] {
  return steps.slice(0, COMPARISON_RULE.maxSteps)
}

function byName(side: SideData): Map<string, StepStats> {
  return new Map(shown(side).map((step) => [step.name, step]))
}

function onlyIn(side: SideData, other: SideData): LoneStep[] {
  const known = byName(other)
  return shown(side)
    .filter(({ name }) => !known.has(name))
    .sort((a, b) => a.position - b.position)
    .map(({ name, n }) => ({ step: name, n, runs: side.run.n }))
}

function toComparedSide(data: SideData): ComparedSide {
  const { label, side, run } = data
  return {
    label,
    side: formatSide(side),
    scope: describeSelection(data),
    runs: run.n,
    unfinished: run.unfinished,
    total: run.total,
  }
}
