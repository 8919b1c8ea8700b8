import type { CallRecord, ChildRun, RunRecord, Status } from '@weir/store/run-model'
import type { Subject } from './check.ts'

/** What a check sees of a step execution, a call or a child run. */
export interface Execution {
  readonly name: string
  /** 0..n by start, per name. */
  readonly occurrence: number
  readonly status: Status
  /** Nanoseconds from the run's start. */
  readonly startNs: number
  readonly durationNs: number
  /** Nanoseconds by which its times may be wrong. */
  readonly uncertainNs: number
  readonly attempts: number
  readonly fallback: boolean
  /** Index of the execution around it among those of its subject, -1 for none. */
  readonly parent: number
}

/** What a run recorded of one subject. */
export interface Recorded {
  readonly run: RunRecord
  readonly of: Subject
  /** By start. */
  readonly executions: readonly Execution[]
}

const KINDS = {
  tools: 'tool',
  models: 'model',
  agents: 'agent',
  retrievers: 'retriever',
  embedders: 'embedder',
} as const

export function recordedOf(run: RunRecord, of: Subject): Recorded {
  return { run, of, executions: executionsOf(run, of) }
}

function executionsOf(run: RunRecord, of: Subject): readonly Execution[] {
  if (of === 'steps') return run.steps
  if (of === 'childRuns') return countOccurrences(run.children.map(fromChild))
  return countOccurrences(run.calls.filter(({ kind }) => kind === KINDS[of]).map(fromCall))
}

type Uncounted = Omit<Execution, 'occurrence'>

const ONE_TRY = { attempts: 1, fallback: false, parent: -1 }

function fromCall({ name, status, startNs, durationNs, uncertainNs }: CallRecord): Uncounted {
  return { name, status, startNs, durationNs, uncertainNs, ...ONE_TRY }
}

/** Its times are in a record of its own. */
function fromChild({ flow, status }: ChildRun): Uncounted {
  return { name: flow, status, startNs: 0, durationNs: 0, uncertainNs: 0, ...ONE_TRY }
}

function countOccurrences(executions: readonly Uncounted[]): Execution[] {
  const seen = new Map<string, number>()
  return executions.map((execution) => {
    const occurrence = seen.get(execution.name) ?? 0
    seen.set(execution.name, occurrence + 1)
    return { ...execution, occurrence }
  })
}

/** A complete run with nothing but its root may have done what nobody records: that something is absent says nothing. */
export function recordedNothing({ steps, calls, children }: RunRecord): boolean {
  return steps.length + calls.length + children.length === 0
}

export const NOTHING =
  'The run recorded no steps, no calls and no child runs: what it did not do cannot be told.'
