import type { Status } from '../run-record.ts'
import type { Store } from '../store.ts'

/** An attribute with the type letter of `attribute_types`: s i d b y a k e (see migration 001). */
export interface Attribute {
  readonly key: string
  readonly value: string
  readonly type: string
}

export interface SpanDetail {
  readonly spanId: string
  readonly traceId: string
  readonly parentSpanId: string
  readonly runId: string
  readonly flow: string
  readonly name: string
  readonly spanName: string
  readonly kind: string
  readonly status: Status
  readonly service: string
  readonly environment: string
  readonly version: string
  readonly model: string
  readonly provider: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly reasoningTokens: number
  readonly cost: number
  readonly timeToFirstTokenNs: number
  readonly startUnixNano: bigint
  readonly durationNs: number
  readonly ended: boolean
  readonly input: string
  readonly output: string
  readonly errorType: string
  readonly errorMessage: string
  readonly statusMessage: string
  readonly attributes: readonly Attribute[]
  readonly resourceAttributes: readonly Attribute[]
  readonly scopeName: string
  readonly scopeVersion: string
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
}

export interface SpanEvent {
  readonly name: string
  /** Nanoseconds from the span's start. */
  readonly offsetNs: number
  readonly attributes: readonly Attribute[]
}

export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: readonly Attribute[]
}

/** One span with everything that was recorded, or null. Ids are hex. */
export async function getSpan(
  _store: Store,
  _params: { traceId: string; spanId: string; project?: string },
): Promise<SpanDetail | null> {
  throw new Error('not written yet')
}
