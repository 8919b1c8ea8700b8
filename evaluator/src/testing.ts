import type { RunRecord, Status, StepRecord } from '@weir/store'

/** A step execution in few words, times in milliseconds; absent: ok, one attempt, right after the one before. */
interface StepSketch {
  readonly name: string
  readonly status?: Status
  readonly start?: number
  readonly duration?: number
  readonly attempts?: number
  readonly fallback?: boolean
  /** Name of the enclosing step. */
  readonly parent?: string
}

/** A run in few words, as the golden vectors write it. */
export interface RunSketch {
  readonly status?: Status
  readonly incomplete?: boolean
  readonly duration?: number
  readonly output?: string
  readonly cost?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly steps?: readonly (string | StepSketch)[]
}

/** The run that a sketch stands for. */
export function toRun(sketch: RunSketch): RunRecord {
  const steps = toSteps(sketch.steps ?? [])
  const end = Math.max(0, ...steps.map((step) => step.startNs + step.durationNs))
  return {
    runId: '0123456789abcdef0123456789abcdef',
    traceId: '0123456789abcdef0123456789abcdef',
    flow: 'research',
    version: '1',
    environment: 'test',
    source: 'experiment',
    status: sketch.status ?? 'ok',
    incomplete: sketch.incomplete ?? false,
    startUnixNano: 1_700_000_000_000_000_000n,
    durationNs: sketch.duration === undefined ? end : sketch.duration * 1e6,
    experimentId: 'e',
    caseId: 'c',
    trial: 0,
    input: '',
    output: sketch.output ?? '',
    errorType: '',
    errorMessage: '',
    inputTokens: sketch.inputTokens ?? 0,
    outputTokens: sketch.outputTokens ?? 0,
    cost: sketch.cost ?? 0,
    steps,
  }
}

function toSteps(sketches: readonly (string | StepSketch)[]): StepRecord[] {
  const seen = new Map<string, number>()
  let end = 0
  const steps = sketches.map((sketch) => {
    const step: StepSketch = typeof sketch === 'string' ? { name: sketch } : sketch
    const start = step.start ?? end
    end = start + (step.duration ?? 10)
    return { step, startNs: Math.round(start * 1e6), durationNs: Math.round((step.duration ?? 10) * 1e6) }
  })
  const sorted = steps.sort((a, b) => a.startNs - b.startNs)
  return sorted.map(({ step, startNs, durationNs }) => {
    const occurrence = seen.get(step.name) ?? 0
    seen.set(step.name, occurrence + 1)
    return {
      name: step.name,
      occurrence,
      kind: 'step',
      status: step.status ?? 'ok',
      startNs,
      durationNs,
      attempts: step.attempts ?? 1,
      fallback: step.fallback ?? false,
      parent: sorted.findIndex((other) => other.step.name === step.parent),
    }
  })
}
