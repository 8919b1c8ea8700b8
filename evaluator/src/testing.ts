import type { Store } from '@weir/store'
import { listResults } from '@weir/store/evaluations'
import type {
  CallRecord,
  ChildRun,
  Detail,
  RunRecord,
  Status,
  StepRecord,
  Usage,
  ValueType,
} from '@weir/store/run-model'
import { expect } from 'vitest'
import type { ExperimentReport } from './experiment/report.ts'

/** Absent: nothing was recorded, nothing was used. */
type DetailSketch = Partial<Omit<Detail, 'usage'>> & { readonly usage?: Partial<Usage> }

/** A step execution in few words, times in milliseconds; absent: declared, ok, one attempt, right after the one before. */
interface StepSketch {
  readonly name: string
  readonly kind?: string
  readonly status?: Status
  readonly start?: number
  readonly duration?: number
  readonly uncertain?: number
  readonly attempts?: number
  readonly fallback?: boolean
  /** Name of the enclosing step. */
  readonly parent?: string
  /** Absent: it was not read. */
  readonly detail?: DetailSketch
}

/** A call in few words; absent: ok, right after the one before, certain unless it began before the run. */
interface CallSketch {
  readonly name: string
  readonly status?: Status
  readonly start?: number
  readonly duration?: number
  readonly uncertain?: number
  /** Name of the step around it. */
  readonly step?: string
  /** Absent: it was not read. */
  readonly detail?: DetailSketch
}

type Calls = readonly (string | CallSketch)[]

/** A child run in few words; absent: ok, with nothing in it. */
type ChildSketch = Pick<ChildRun, 'flow'> & Partial<ChildRun>

/** A run in few words, as the golden vectors write it. */
export interface RunSketch {
  readonly status?: Status
  readonly incomplete?: boolean
  readonly duration?: number
  readonly output?: string
  /** Absent: `unknown`, or nothing was recorded. */
  readonly outputType?: ValueType
  readonly outputLength?: number
  readonly cost?: number
  readonly unpricedTokens?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly otherSpans?: number
  readonly lostSteps?: number
  readonly steps?: readonly (string | StepSketch)[]
  readonly tools?: Calls
  readonly models?: Calls
  readonly agents?: Calls
  readonly retrievers?: Calls
  readonly embedders?: Calls
  /** Child runs. */
  readonly children?: readonly (string | ChildSketch)[]
}

/** The run that a sketch stands for. */
export function toRun(sketch: RunSketch): RunRecord {
  const steps = toSteps(sketch.steps ?? [])
  const calls = CALL_KINDS.flatMap((kind) => toCalls(kind, sketch[`${kind}s`] ?? [], steps))
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
    inputType: '',
    outputType: sketch.outputType ?? (sketch.output === undefined ? '' : 'unknown'),
    inputLength: 0,
    outputLength: sketch.outputLength ?? 0,
    errorType: '',
    errorMessage: '',
    inputTokens: sketch.inputTokens ?? 0,
    outputTokens: sketch.outputTokens ?? 0,
    cost: sketch.cost ?? 0,
    unpricedTokens: sketch.unpricedTokens ?? 0,
    otherSpans: sketch.otherSpans ?? 0,
    lostSteps: sketch.lostSteps ?? 0,
    steps,
    calls: calls.sort((a, b) => a.startNs - b.startNs),
    children: (sketch.children ?? []).map((child, index) => ({
      runId: `child-${index}`,
      ...{ status: 'ok' as const, contents: [], inputTokens: 0, outputTokens: 0, cost: 0, unpricedTokens: 0 },
      ...(typeof child === 'string' ? { flow: child } : child),
    })),
  }
}

const CALL_KINDS = ['tool', 'model', 'agent', 'retriever', 'embedder'] as const

function toCalls(kind: string, sketches: Calls, steps: readonly StepRecord[]): CallRecord[] {
  let end = 0
  return sketches.map((sketch) => {
    const call: CallSketch = typeof sketch === 'string' ? { name: sketch } : sketch
    const { name, status = 'ok', start = end, duration = 10, uncertain = Math.max(0, -start) } = call
    end = start + duration
    const step = steps.findIndex((candidate) => candidate.name === call.step)
    return {
      name,
      kind,
      status,
      startNs: Math.round(start * 1e6),
      durationNs: Math.round(duration * 1e6),
      uncertainNs: Math.round(uncertain * 1e6),
      step,
      ...toDetail(call.detail),
    }
  })
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
      kind: step.kind ?? 'step',
      status: step.status ?? 'ok',
      startNs,
      durationNs,
      uncertainNs: Math.round((step.uncertain ?? 0) * 1e6),
      attempts: step.attempts ?? 1,
      fallback: step.fallback ?? false,
      parent: sorted.findIndex((other) => other.step.name === step.parent),
      ...toDetail(step.detail),
    }
  })
}

function toDetail(sketch: DetailSketch | undefined): { readonly detail?: Detail } {
  if (sketch === undefined) return {}
  const { usage, ...rest } = sketch
  const values = {
    input: '',
    output: '',
    inputType: '',
    outputType: '',
    inputLength: 0,
    outputLength: 0,
  } as const
  const tokens = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 }
  return {
    detail: {
      ...values,
      ...{ errorType: '', errorMessage: '', unreadBytes: 0 },
      ...rest,
      usage: { ...tokens, cost: 0, unpricedTokens: 0, ...usage },
    },
  }
}

/** What tasks may return: each is told from all others by what scorers are given. */
export const RETURNED: readonly unknown[] = [
  ...['42', 42, 'true', true, 'null', null, '{"a":1}', { a: 1 }, '[1]', [1], '', undefined],
]

/** What `fixtures/queue/odd.eval.mjs` has to leave, whoever ran its trials: none of them ended another. */
export async function expectOddResults(store: Store, report: ExperimentReport): Promise<void> {
  expect(report).toMatchObject({ status: 'failed', planned: 7, evaluated: 7, errors: 3, error: '' })
  const results = await listResults(store, { experimentId: report.experimentId })
  expect(results).toHaveLength(7 * 4)
  const found = (caseId: string, kind: string) =>
    results.find((row) => row.caseId === caseId && row.kind === kind)
  const reasons = ['throws \ufffd', 'throws no text', 'throws no message'].map(
    (id) => found(id, 'task')?.reason,
  )
  expect(reasons).toEqual(['half \ufffd', 'something that has no words (object)', '[object Object]'])
  // Text is never read as JSON, however much it looks like it.
  const nested = results.filter(({ caseId, kind }) => caseId === 'nested' && kind === 'check')
  expect(nested.map(({ outcome }) => outcome).sort()).toEqual(['failed', 'passed'])
  expect(['half a reason', 'no reason', 'plain'].map((id) => found(id, 'scorer'))).toMatchObject([
    { name: 'scorer \ufffd', reason: 'half \ufffd' },
    { name: 'scorer \ufffd', reason: '42' },
    { name: 'scorer \ufffd', reason: 'fine', score: 1 },
  ])
}
