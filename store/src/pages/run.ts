import type { Status, StepRecord } from '../run-record.ts'
import type { Store } from '../store.ts'
import type { RunRow } from './runs.ts'

/** A step execution on the page of its run. */
export interface RunStep extends StepRecord {
  /** The span of its last attempt, 16 hex digits. */
  readonly spanId: string
}

/** One bar of the waterfall: no payloads. */
export interface SpanNode {
  readonly spanId: string
  readonly traceId: string
  /** '' for a root; may name a span that was never received. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: string
  readonly status: Status
  /** The run that the span belongs to: nested runs of the same trace are part of the tree. */
  readonly runId: string
  /** Nanoseconds from the run's start; negative if it began before. */
  readonly startNs: number
  readonly durationNs: number
  readonly ended: boolean
  /** Levels below the top of the tree, 0..n. */
  readonly depth: number
  readonly model: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
  readonly errorType: string
  readonly errorMessage: string
  readonly attempts: number
  readonly fallback: boolean
  readonly eventCount: number
}

export interface RunPage {
  readonly run: RunRow
  readonly metadata: string
  readonly input: string
  readonly output: string
  readonly models: readonly string[]
  readonly rootSpanId: string
  readonly traceIds: readonly string[]
  readonly steps: readonly RunStep[]
  /** Depth first, siblings by start. */
  readonly spans: readonly SpanNode[]
  /** More spans than were returned. */
  readonly spansCut: boolean
  /** Runs that this run started. */
  readonly children: readonly RunRow[]
}

/** A run with its steps and the tree of its spans (with those of nested runs), or null. */
export async function getRunPage(
  _store: Store,
  _params: { runId: string; project?: string; spanLimit?: number },
): Promise<RunPage | null> {
  throw new Error('not written yet')
}
