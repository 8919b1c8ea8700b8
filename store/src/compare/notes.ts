import { findExperiment } from '../evaluations/experiments.ts'
import type { Store } from '../store.ts'
import { grouped } from '../text/grouped.ts'
import type { Note, StepComparison } from './comparison.ts'
import { COMPARISON_RULE } from './judge.ts'
import { type Mix, mixNotes } from './mix.ts'
import type { ResolvedSide } from './selection.ts'
import { canOverlap } from './selection.ts'
import { describeWindow } from './side.ts'
import {
  countOverlap,
  isLarge,
  type RunStats,
  type Scope,
  type StepStats,
  sampleSize,
} from './side-queries.ts'

/** One side with what was read of it. */
export interface ReadSide extends ResolvedSide {
  readonly run: RunStats
  readonly steps: readonly StepStats[]
  readonly growth: Growth
  readonly mix: Mix
}

/** Whether a side gets more runs: an experiment that has not finished, or runs that still arrive. */
export type Growth = 'unfinished' | 'arriving' | 'none'

/** A side whose newest run is younger than this is taken to grow still. */
const GROWING_MS = 10 * 60_000

/** What limits the comparison. */
export async function writeNotes(
  store: Store,
  scope: Scope,
  sides: readonly [ReadSide, ReadSide],
): Promise<Note[]> {
  const own = sides.map(sideNotes)
  return [
    ...(await overlapNotes(store, scope, sides)),
    ...own.flat(),
    ...mixNotes(sides, scope.adjust),
    ...totalNotes(sides),
  ]
}

async function overlapNotes(store: Store, scope: Scope, [base, candidate]: readonly [ReadSide, ReadSide]) {
  if (!canOverlap(base.selection, candidate.selection)) return []
  const runs = await countOverlap(store, scope, base.selection, candidate.selection)
  if (runs === 0) return []
  const text = `${grouped(runs)} runs belong to both sides: they hide differences. Narrow the sides so that they have none in common.`
  return [{ kind: 'overlap', text } as const]
}

function sideNotes(side: ReadSide): Note[] {
  const { label, run, growth } = side
  const notes: Note[] = []
  if (run.n === 0)
    notes.push({ kind: 'empty', text: `${label} has no finished runs: ${describeSelection(side)}.` })
  if (side.narrowed)
    notes.push({
      kind: 'sliced',
      text: `${label} is narrowed to ${describeSelection(side)}; its other runs do not count.`,
    })
  if (growth === 'unfinished')
    notes.push({
      kind: 'growing',
      text: `${label} has not finished: the comparison may still change. ${LOOK_AGAIN}`,
    })
  if (growth === 'arriving')
    notes.push({
      kind: 'growing',
      text: `${label} is still growing: its runs were arriving in the last 10 minutes. ${LOOK_AGAIN}`,
    })
  if (run.unfinished > 0)
    notes.push({
      kind: 'unfinished',
      text: `${label} has ${grouped(run.unfinished)} runs that still run or whose end never arrived; they are left out.`,
    })
  return notes
}

const LOOK_AGAIN = 'The verdicts hold however often you look.'

/** Whether more runs are to come. */
export async function findGrowth(
  store: Store,
  { experimentId, selection }: ResolvedSide,
  run: RunStats,
  now: Date,
): Promise<Growth> {
  if (experimentId !== undefined) {
    const running = (await findExperiment(store, { experimentId }))?.status === 'running'
    return running ? 'unfinished' : 'none'
  }
  const open = selection.window === undefined || selection.window.to.getTime() >= now.getTime()
  return open && run.latest > now.getTime() - GROWING_MS ? 'arriving' : 'none'
}

/** Every condition of a side in words. */
export function describeSelection({ selection }: ResolvedSide): string {
  const { window, version, environment, service, source, experimentId } = selection
  const parts = [
    source && `${source} runs`,
    experimentId && `runs of experiment ${experimentId}`,
    version !== undefined && `version "${version}"`,
    environment !== undefined && `environment "${environment}"`,
    service !== undefined && `service "${service}"`,
    window && describeWindow(window),
  ]
  return parts.filter(Boolean).join(', ')
}

function totalNotes(sides: readonly ReadSide[]): Note[] {
  const notes: Note[] = []
  const { mostRuns } = COMPARISON_RULE
  for (const { label, run } of sides.filter((side) => isLarge(side.run)))
    notes.push({
      kind: 'sampled',
      text: `The steps of ${label} are those of about ${grouped(mostRuns)} of its ${grouped(run.total)} runs, taken by a hash of the run id; a step that is rarer may be missing. What is said of the whole run is of all runs.`,
    })
  const most = Math.min(...sides.map(({ selection }) => sampleSize(selection)))
  if (sides.some(({ run, steps }) => [run, ...steps].some(({ n }) => n > most)))
    notes.push({
      kind: 'sampled',
      text: `The tests of durations see at most ${grouped(most)} runs per step and side, taken by a hash of the run id.`,
    })
  if (sides.some(({ steps }) => steps.length > COMPARISON_RULE.maxSteps))
    notes.push({
      kind: 'truncated',
      text: `Only the ${COMPARISON_RULE.maxSteps} most frequent steps of each side are compared.`,
    })
  return notes
}

/** Failure rates that differ by less do not change what durations say. */
const FAILING_APART = 0.02

/** What limits the verdicts on the whole run. */
export function runNotes(
  labels: readonly [base: string, candidate: string],
  { metrics }: StepComparison,
): Note[] {
  const notes: Note[] = []
  const { success, duration } = metrics
  labels.forEach((label, side) => {
    const worth = [success, duration].flatMap(({ metric, effective, baseN, candidateN }) => {
      const n = [baseN, candidateN][side]!
      return effective !== null && effective[side]! < n / 2
        ? [`${grouped(effective[side]!)} (${metric})`]
        : []
    })
    if (worth.length > 0)
      notes.push({
        kind: 'dependent',
        text: `The runs of ${label} depend on each other: they share users or sessions, or change together over time (an outage is one event, however many runs it fails). For the tests, ${grouped([success.baseN, success.candidateN][side]!)} runs are worth ${worth.join(', ')} independent ones.`,
      })
  })
  const { base, candidate } = success
  if (base !== null && candidate !== null && Math.abs(base - candidate) >= FAILING_APART)
    notes.push({
      kind: 'failing',
      text: 'The sides differ in how many runs fail. Durations are those of successful runs; they count as changed only where they also are if a failure is slower than any success.',
    })
  return notes
}
