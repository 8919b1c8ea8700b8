import { z } from 'zod'
import { readEntry } from './log-entries.ts'

/*
 * The graph records of Crux (github.com/use-crux/crux, packages/core/src/observability/contract.ts), as its subscribers and its HTTP
 * transport get them: one record a line, or batches `{"records": [...]}`. `run:start` and `run:end` frame a run; `span`, or
 * `span:start` and `span:end`, are its spans; `artifact` is what went in and out; `span:event` tells of retries. A run is kept until
 * it ends, because an artifact may follow its span.
 */

interface Common {
  readonly runId: string
  readonly traceId?: string | undefined
  readonly sessionId?: string | undefined
  readonly userId?: string | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/** How a run or a span ended. */
export interface Ending {
  readonly status?: string | undefined
  readonly endedAt?: string | undefined
  readonly metrics?: Readonly<Record<string, unknown>> | undefined
  readonly error?: { readonly message: string; readonly name?: string | undefined } | undefined
}

interface Beginning {
  readonly spanId: string
  readonly parentSpanId?: string | null | undefined
  readonly primitive: string
  readonly name: string
  readonly startedAt: string
  readonly model?: string | undefined
  readonly provider?: string | undefined
  readonly agentId?: string | undefined
  readonly toolName?: string | undefined
}

export interface RunStart extends Common {
  readonly type: 'run:start'
  readonly name: string
  readonly rootPrimitive: string
  readonly startedAt: string
  readonly triggeredBySpanId?: string | undefined
}
export interface RunEnd extends Common, Ending {
  readonly type: 'run:end'
}
export interface SpanStart extends Common, Beginning {
  readonly type: 'span:start'
}
export interface SpanEnd extends Common, Ending {
  readonly type: 'span:end'
  readonly spanId: string
}
export interface WholeSpan extends Common, Beginning, Ending {
  readonly type: 'span'
}
export interface SpanEvent extends Common {
  readonly type: 'span:event'
  readonly spanId: string
  readonly name: string
}
export interface Artifact extends Common {
  readonly type: 'artifact'
  readonly spanId?: string | undefined
  readonly kind: string
  readonly preview?: unknown
}
type RunBoundary =
  | (Common & { readonly type: 'run:suspend'; readonly suspendedAt: string })
  | (Common & { readonly type: 'run:resume' })
/** Edges say what the spans say as well. */
export type GraphRecord =
  | { readonly type: 'edge' }
  | RunStart
  | RunEnd
  | RunBoundary
  | SpanStart
  | SpanEnd
  | WholeSpan
  | SpanEvent
  | Artifact

const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'expected a time')
const common = {
  runId: z.string(),
  traceId: z.string().optional(),
  sessionId: z.string().optional(),
  userId: z.string().optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
}
const ending = {
  status: z.string().optional(),
  endedAt: time.optional(),
  metrics: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ message: z.string(), name: z.string().optional() }).optional(),
}
const beginning = {
  spanId: z.string(),
  parentSpanId: z.string().nullish(),
  primitive: z.string(),
  name: z.string(),
  startedAt: time,
  model: z.string().optional(),
  provider: z.string().optional(),
  agentId: z.string().optional(),
  toolName: z.string().optional(),
}
const graphRecord: z.ZodType<GraphRecord> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run:start'),
    ...common,
    name: z.string(),
    rootPrimitive: z.string(),
    startedAt: time,
    triggeredBySpanId: z.string().optional(),
  }),
  z.object({ type: z.literal('run:suspend'), ...common, suspendedAt: time }),
  z.object({ type: z.literal('run:resume'), ...common }),
  z.object({ type: z.literal('run:end'), ...common, ...ending }),
  z.object({ type: z.literal('span:start'), ...common, ...beginning }),
  z.object({ type: z.literal('span:end'), ...common, ...ending, spanId: z.string() }),
  z.object({ type: z.literal('span'), ...common, ...beginning, ...ending }),
  z.object({ type: z.literal('span:event'), ...common, spanId: z.string(), name: z.string() }),
  z.object({
    type: z.literal('artifact'),
    ...common,
    spanId: z.string().optional(),
    kind: z.string(),
    preview: z.unknown().optional(),
  }),
  z.object({ type: z.literal('edge') }),
])
/** @throws Error that says what is wrong with it */
export function readRecord(value: unknown): GraphRecord {
  return readEntry(graphRecord, value, 'a graph record')
}
