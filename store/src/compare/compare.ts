import type { Store } from '../store.ts'
import type { ComparedSide, Comparison, LoneStep, StepComparison } from './comparison.ts'
import { COMPARISON_RULE, judge } from './judge.ts'
import { type Measured, measure } from './measure.ts'
import { describeSelection, type ReadSide, writeNotes } from './notes.ts'
import { resolveSide } from './selection.ts'
import type { Side } from './side.ts'
import { formatSide } from './side.ts'
import {
  readRunSample,
  readRunStats,
  readStepStats,
  type Scope,
  type SideStats,
  type StepStats,
} from './side-queries.ts'
import { summarise } from './summary.ts'

export interface CompareParams {
  /** Default: the store's project. */
  readonly project?: string
  readonly flow: string
  readonly base: Side
  readonly candidate: Side
  /** The end of windows that name none; default: now. */
  readonly now?: Date
}

interface SideData extends ReadSide {
  readonly side: Side
  /** Durations of successful runs that the tests see, in nanoseconds. */
  readonly sample: readonly number[]
}

/**
 * Compares two sets of runs of one flow, step by step and as a whole.
 *
 * One value per (run, step): the executions of one label in a run add up their durations, and succeed together if the last
 * attempt of each did. Durations are compared among successful executions, so that failing fast is not faster. A verdict
 * needs q < 0.05, a factor of 1.10 and an absolute floor (`COMPARISON_RULE`); docs/STATISTICS.md names the methods.
 *
 * @throws CompareError if a baseline does not exist
 */
export async function compare(anyStore: Store, params: CompareParams): Promise<Comparison> {
  const { flow, project = anyStore.project, now = new Date() } = params
  const store: Store = { ...anyStore, project }
  const scope: Scope = { project, flow }
  const [base, candidate] = await Promise.all([
    readSide(store, scope, params.base, now),
    readSide(store, scope, params.candidate, now),
  ])
  const { run, steps, tests } = compareSteps(base, candidate)
  const labels = { base: base.label, candidate: candidate.label }
  const both = base.run.n > 0 && candidate.run.n > 0
  return {
    flow,
    base: toComparedSide(base),
    candidate: toComparedSide(candidate),
    ...summarise(labels, run, steps),
    run,
    steps,
    added: both ? onlyIn(candidate, base) : [],
    removed: both ? onlyIn(base, candidate) : [],
    notes: await writeNotes(store, scope, [base, candidate], now),
    tests,
  }
}

async function readSide(store: Store, scope: Scope, side: Side, now: Date): Promise<SideData> {
  const resolved = await resolveSide(store, scope.flow, side, now)
  const { selection } = resolved
  const run = await readRunStats(store, scope, selection)
  const [sample, steps] = await Promise.all([
    readRunSample(store, scope, selection, run),
    readStepStats(store, scope, selection, run),
  ])
  return { ...resolved, side, run, sample, steps }
}

function compareSteps(base: SideData, candidate: SideData) {
  const own = byName(candidate)
  const pairs = shown(base)
    .sort((a, b) => a.position - b.position)
    .flatMap((before) => {
      const after = own.get(before.name)
      return after ? [{ step: before.name, base: before, candidate: after }] : []
    })
  const measured = pairs.map((pair) => measure(ofStep(pair.base), ofStep(pair.candidate)))
  const ofRun = measure(
    { stats: base.run, durations: base.sample },
    { stats: candidate.run, durations: candidate.sample },
  )
  const [run, ...judged] = judge([ofRun, ...measured])
  const steps = pairs.map((pair, i) => toStepComparison(pair.step, pair.base, pair.candidate, judged[i]!))
  const tests = [run!, ...judged].flatMap((step) => Object.values(step)).filter(({ p }) => p !== null).length
  return { run: toStepComparison(null, base.run, candidate.run, run!), steps, tests }
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

function ofStep(stats: StepStats): Measured {
  return { stats, durations: stats.sample }
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
