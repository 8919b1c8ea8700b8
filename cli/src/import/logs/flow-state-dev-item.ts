import { z } from 'zod'
import { readEntry } from './log-entries.ts'

/*
 * The item log of flow-state.dev (github.com/fixpoint-labs/flow-state-dev, packages/contracts/src/items). Its stores write it as
 * trace events (`<request>.ndjson`), as stream events (`<request>.events.json`), or whole in the record of a request (`<request>.json`).
 * Of the items, `block_trace` says what ran. A request is a trace, a block is a step, and the outermost block, or the request where
 * its record is there, is the flow. A generator calls a model; a block that a generator called is a tool.
 */

/** A value: `inline` has it, `ref` names the item that has it, `structure` holds several. */
export interface BlockValue {
  readonly kind: string
  readonly [member: string]: unknown
}

/** What one block did. */
export interface Block {
  readonly type: 'block_trace'
  readonly id: string
  readonly requestId: string
  readonly status: 'in_progress' | 'completed' | 'failed' | 'planned' | 'incomplete'
  readonly blockName: string
  readonly ts?: number | undefined
  readonly provenance: {
    readonly blockInstanceId: string
    readonly parentBlockInstanceId?: string | null | undefined
    /** From 1. */
    readonly attempt?: number | undefined
  }
  readonly input?: { readonly source?: BlockValue | undefined } | undefined
  readonly output?: BlockValue | undefined
  readonly generator?: { readonly model?: string | undefined } | undefined
  readonly modelUsage?:
    | {
        readonly model?: string | undefined
        readonly promptTokens?: number | undefined
        readonly completionTokens?: number | undefined
        readonly cacheReadTokens?: number | undefined
        readonly cacheCreationTokens?: number | undefined
      }
    | undefined
  readonly toolCall?: { readonly arguments?: string | undefined } | undefined
  /** Milliseconds since 1970, as all times. */
  readonly startedAt?: number | undefined
  readonly completedAt?: number | undefined
  readonly error?: { readonly message?: string | undefined; readonly code?: string | undefined } | undefined
}

export interface RequestRecord {
  readonly id: string
  readonly flowKind: string
  readonly actionName: string
  readonly status: string
  readonly sessionId?: string | undefined
  readonly userId?: string | undefined
  readonly input?: unknown
  readonly startedAtMs?: number | undefined
  readonly completedAtMs?: number | undefined
  readonly failedAtMs?: number | undefined
  readonly abortedAt?: number | undefined
  readonly interruptedAt?: number | undefined
  readonly updatedAt?: number | undefined
  readonly items: readonly unknown[]
}

export interface LogEvent {
  readonly type?: string | undefined
  readonly requestId?: string | undefined
  readonly ts?: number | undefined
  readonly item?: unknown
  readonly itemId?: string | undefined
  readonly patch?: Readonly<Record<string, unknown>> | undefined
}

const time = z.number().optional()
const blockValue = z.looseObject({ kind: z.string() }).optional()
const block: z.ZodType<Block> = z.object({
  type: z.literal('block_trace'),
  id: z.string(),
  requestId: z.string(),
  status: z.enum(['in_progress', 'completed', 'failed', 'planned', 'incomplete']),
  blockName: z.string(),
  ts: time,
  provenance: z.object({
    blockInstanceId: z.string(),
    parentBlockInstanceId: z.string().nullish(),
    attempt: z.number().optional(),
  }),
  input: z.object({ source: blockValue }).optional(),
  output: blockValue,
  generator: z.object({ model: z.string().optional() }).optional(),
  modelUsage: z
    .looseObject({
      model: z.string().optional(),
      promptTokens: z.number().optional(),
      completionTokens: z.number().optional(),
      cacheReadTokens: z.number().optional(),
      cacheCreationTokens: z.number().optional(),
    })
    .optional(),
  toolCall: z.object({ arguments: z.string().optional() }).optional(),
  startedAt: time,
  completedAt: time,
  error: z.object({ message: z.string().optional(), code: z.string().optional() }).optional(),
})

const record: z.ZodType<RequestRecord> = z.object({
  id: z.string(),
  flowKind: z.string(),
  actionName: z.string(),
  status: z.string(),
  sessionId: z.string().optional(),
  userId: z.string().optional(),
  input: z.unknown().optional(),
  startedAtMs: time,
  completedAtMs: time,
  failedAtMs: time,
  abortedAt: time,
  interruptedAt: time,
  updatedAt: time,
  items: z.array(z.unknown()),
})

const entry: z.ZodType<LogEvent> = z.object({
  type: z.string().optional(),
  requestId: z.string().optional(),
  ts: time,
  item: z.unknown().optional(),
  itemId: z.string().optional(),
  patch: z.record(z.string(), z.unknown()).optional(),
})

/** @throws Error that says what is wrong with it */
export function readBlock(value: unknown): Block {
  return readEntry(block, value, 'a block_trace')
}

/** @throws Error that says what is wrong with it */
export function readRequest(value: unknown): RequestRecord {
  return readEntry(record, value, 'the record of a request')
}

/** @throws Error that says what is wrong with it */
export function readEvent(value: unknown): LogEvent {
  return readEntry(entry, value, 'an event or item')
}

export function isBlock(value: unknown): value is { type: 'block_trace'; status?: unknown } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'block_trace'
}
