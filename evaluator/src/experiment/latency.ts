import type { Store } from '@weir/store'
import {
  CompareError,
  type Comparison,
  compare,
  type Metric,
  type MetricComparison,
} from '@weir/store/compare'
import type { GateOutcome } from '@weir/store/evaluations'
import type { Plan } from './plan.ts'

const NAME = 'no step slower than the baseline'
const METRICS: readonly Metric[] = ['duration', 'p95', 'p99']

/** Judges `latency: { steps: 'no-regression' }`; undefined if the evaluation has no such gate. */
export async function judgeLatency(plan: Plan, store: Store | undefined): Promise<GateOutcome | undefined> {
  if (plan.evaluation.gates.latency === undefined) return undefined
  if (store === undefined) return unverifiable('a baseline is stored in Weir: run without --local')
  if (plan.baselineExperimentId === undefined) return unverifiable(missingBaseline(plan))
  try {
    const comparison = await compare(store, {
      flow: plan.flow,
      base: { kind: 'experiment', experimentId: plan.baselineExperimentId },
      candidate: { kind: 'experiment', experimentId: plan.experimentId },
    })
    return toGate(comparison)
  } catch (error) {
    if (error instanceof CompareError) return unverifiable(error.message)
    throw error
  }
}

function missingBaseline({ baseline, experimentId }: Plan): string {
  const name = baseline ?? 'main'
  const what =
    baseline === undefined ? 'the evaluation names no baseline' : `there is no baseline "${name}" yet`
  return `${what}: promote one with \`weir baseline promote ${experimentId} --name ${name}\``
}

/** Slower in any step or in the whole run fails; a comparison without one tested duration says nothing. */
export function toGate(comparison: Pick<Comparison, 'run' | 'steps' | 'base' | 'candidate'>): GateOutcome {
  const durations = [...comparison.steps, comparison.run].flatMap(({ step, metrics }) =>
    METRICS.map((metric) => ({ step: step === null ? 'the run' : `"${step}"`, ...metrics[metric] })),
  )
  const slower = durations.filter(({ verdict }) => verdict === 'slower')
  if (slower.length > 0) {
    const words = slower.map(({ step, metric, effect }) => {
      const ratio = effect === null ? '' : ` ${effect.value.toFixed(2)}x`
      return `${step}${ratio} (${metric === 'duration' ? 'typical duration' : metric})`
    })
    return { name: NAME, outcome: 'failed', reason: `slower: ${words.join(', ')}` }
  }
  const tested = durations.filter(({ verdict }) => !verdict.startsWith('needs'))
  if (tested.length > 0)
    return { name: NAME, outcome: 'passed', reason: `no step is slower${untestedText(durations)}` }
  const needed = durations.find(({ metric }) => metric === 'duration')?.verdict ?? 'nothing to compare'
  const { base, candidate } = comparison
  return unverifiable(
    `${needed} runs on each side: the baseline has ${base.runs}, this experiment ${candidate.runs}; raise trials`,
  )
}

/** A rare step can have too few runs where the others have enough. */
function untestedText(
  durations: readonly (Pick<MetricComparison, 'metric' | 'verdict'> & { step: string })[],
) {
  const untested = durations.filter(
    ({ metric, verdict }) => metric === 'duration' && verdict.startsWith('needs'),
  )
  if (untested.length === 0) return ''
  return `; too few runs to tell of ${untested.map(({ step }) => step).join(', ')}`
}

function unverifiable(reason: string): GateOutcome {
  return { name: NAME, outcome: 'unverifiable', reason }
}
