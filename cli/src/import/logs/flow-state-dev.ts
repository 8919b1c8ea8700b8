import {
  GEN_AI_REQUEST_MODEL,
  GEN_AI_TOOL_NAME,
  GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  GEN_AI_USAGE_INPUT_TOKENS,
  GEN_AI_USAGE_OUTPUT_TOKENS,
  SESSION_ID,
  USER_ID,
  WEIR_FLOW_NAME,
  WEIR_KIND,
  WEIR_RUN_STATUS,
  WEIR_STEP_ATTEMPTS,
  WEIR_STEP_NAME,
} from '@weir/sdk/semconv'
import {
  type Block,
  type BlockValue,
  isBlock,
  type RequestRecord,
  readBlock,
  readEvent,
  readRequest,
} from './flow-state-dev-item.ts'
import type { LogConverter } from './log-file.ts'
import { type LogSpan, spanIdOf, traceIdOf, valueAttributes } from './log-span.ts'

/** How a request that did not run to its end is shown. */
const STATUSES: Readonly<Record<string, string>> = {
  suspended: 'suspended',
  aborted: 'cancelled',
  interrupted: 'cancelled',
}
/** Requests that never end are written once so many have begun after them. */
const MOST_OPEN = 1000
/** Characters of outputs that are kept for a request, because others refer to them. */
const MOST_KEPT = 64 * 1024 * 1024

export function flowStateDev(): LogConverter {
  return new FlowStateDev()
}

class FlowStateDev implements LogConverter {
  /** By id. */
  readonly #requests: Map<string, RequestLog> = new Map();

  *add(value: unknown, wrong: (problem: string) => void): Iterable<LogSpan> {
    for (const each of Array.isArray(value) ? value : [value]) {
      try {
        if (typeof each === 'object' && each !== null && 'items' in each) yield* addRequest(each, wrong)
        else yield* this.#addEvent(each)
      } catch (error) {
        wrong((error as Error).message)
      }
    }
  }

  *end(): Iterable<LogSpan> {
    for (const request of this.#requests.values()) yield* request.end()
    this.#requests.clear()
  }

  *#addEvent(value: unknown): Iterable<LogSpan> {
    const { type = '', item, itemId = '', patch = {}, requestId = '', ts } = readEvent(value)
    const found = isBlock(value) ? value : item
    if (type === 'item.updated') this.#requests.get(requestId)?.update(itemId, patch)
    else if (type.startsWith('request.'))
      this.#requests.get(requestId)?.stop(type.slice('request.'.length), ts)
    else if (isBlock(found)) {
      const block = readBlock(found)
      const request = this.#requests.get(block.requestId) ?? new RequestLog(block.requestId)
      this.#requests.set(block.requestId, request)
      yield* request.add(block)
      if (request.hasEnded) yield* this.#close(block.requestId)
      const [oldest] = this.#requests.keys()
      if (this.#requests.size > MOST_OPEN && oldest !== undefined) yield* this.#close(oldest)
    }
  }

  *#close(requestId: string): Iterable<LogSpan> {
    const request = this.#requests.get(requestId)
    this.#requests.delete(requestId)
    if (request !== undefined) yield* request.end()
  }
}

function* addRequest(value: unknown, wrong: (problem: string) => void): Iterable<LogSpan> {
  const request = readRequest(value)
  yield toRequestSpan(request)
  const blocks: Block[] = []
  for (const item of request.items.filter(isBlock)) {
    try {
      blocks.push(readBlock(item))
    } catch (error) {
      wrong((error as Error).message)
    }
  }
  yield* new RequestLog(request.id, request).addAll(blocks)
}

interface Stop {
  readonly status: string
  readonly ms: number | undefined
}

/** What is known of one request. Where its record is there, its blocks are below it, else the outermost block is the run. */
class RequestLog {
  readonly #id: string
  readonly #isRecorded: boolean
  /** How it stopped, if it did not end. */
  #stop: Stop | undefined
  /** Its outermost block has ended. */
  hasEnded = false
  /** Blocks that have begun, by item id. */
  readonly #open: Map<string, Block> = new Map()
  readonly #outputs: Map<string, unknown> = new Map()
  #kept = 0
  /** Items by the span ids that they have. */
  readonly #items: Map<string, string> = new Map()
  /** Labels that failed, with the block around them: what follows them is another attempt. */
  readonly #failed: Set<string> = new Set()

  constructor(id: string, record?: RequestRecord) {
    this.#id = id
    this.#isRecorded = record !== undefined
    this.#stop = record && stopOf(record)
  }

  *add(item: Block): Iterable<LogSpan> {
    if (item.status === 'in_progress') {
      this.#open.set(item.id, item)
      return
    }
    const before = this.#open.get(item.id)
    this.#open.delete(item.id)
    const whole = before === undefined ? item : { ...before, ...item }
    this.#keep(whole)
    yield* this.#toSpans(whole)
    this.hasEnded ||= !whole.provenance.parentBlockInstanceId
  }

  *addAll(items: readonly Block[]): Iterable<LogSpan> {
    // An item may refer to one that comes later.
    for (const item of items) this.#keep(item)
    for (const item of items) yield* this.#toSpans(item)
  }

  update(itemId: string, patch: Readonly<Record<string, unknown>>): void {
    const item = this.#open.get(itemId)
    if (item !== undefined)
      this.#open.set(itemId, readBlock({ ...item, ...patch, id: item.id, type: item.type }))
  }

  stop(requestStatus: string, ms: number | undefined): void {
    const status = STATUSES[requestStatus]
    if (status !== undefined) this.#stop = { status, ms }
  }

  *end(): Iterable<LogSpan> {
    for (const item of this.#open.values()) yield* this.#toSpans(item)
  }

  *#toSpans(item: Block): Iterable<LogSpan> {
    if (item.status === 'planned') return
    const { provenance, blockName, toolCall } = item
    const parent = provenance.parentBlockInstanceId || undefined
    const isRoot = parent === undefined && !this.#isRecorded
    const stop = item.status === 'in_progress' ? this.#stop : undefined
    const kind = isRoot ? 'flow' : toolCall === undefined ? 'step' : 'tool'
    const spanId = this.#spanOf(item)
    const shared = {
      traceId: traceIdOf(`flow-state-dev ${this.#id}`),
      startMs: item.startedAt ?? item.ts,
      endMs: item.status === 'in_progress' ? stop?.ms : (item.completedAt ?? item.ts),
      error: errorOf(item),
    }
    yield {
      ...shared,
      spanId,
      parentSpanId: isRoot ? '' : parent === undefined ? requestSpan(this.#id) : blockSpan(this.#id, parent),
      name: blockName,
      attributes: {
        [WEIR_KIND]: kind,
        [WEIR_FLOW_NAME]: isRoot ? blockName : undefined,
        [WEIR_STEP_NAME]: kind === 'step' ? blockName : undefined,
        [GEN_AI_TOOL_NAME]: kind === 'tool' ? blockName : undefined,
        [WEIR_STEP_ATTEMPTS]: this.#attemptsOf(item),
        [WEIR_RUN_STATUS]: stop?.status,
        ...valueAttributes('input', toolCall?.arguments ?? this.#resolve(item.input?.source)),
        ...valueAttributes('output', this.#resolve(item.output)),
      },
    }
    const model = modelOf(item)
    if (model !== undefined)
      yield { ...shared, ...model, spanId: spanIdOf(`${spanId} model`), parentSpanId: spanId }
  }

  /** One block has one item; where it has several, they are told apart. */
  #spanOf({ id, provenance: { blockInstanceId } }: Block): string {
    const spanId = blockSpan(this.#id, blockInstanceId)
    const owner = this.#items.get(spanId) ?? id
    this.#items.set(spanId, owner)
    return owner === id ? spanId : spanIdOf(`${spanId} ${id}`)
  }

  /** The number of the attempt, from 1, unless the attempts before are there as items. */
  #attemptsOf({ blockName, status, provenance }: Block): number | undefined {
    const { parentBlockInstanceId, attempt = 1 } = provenance
    const label = `${parentBlockInstanceId} ${blockName}`
    const isKnown = this.#failed.has(label)
    if (status === 'failed') this.#failed.add(label)
    return attempt > 1 && !isKnown && status !== 'failed' ? attempt : undefined
  }

  #keep({ id, output }: Block): void {
    if (output === undefined || output.kind === 'ref') return
    this.#kept += JSON.stringify(output).length
    if (this.#kept <= MOST_KEPT) this.#outputs.set(id, this.#resolve(output))
  }

  /** `inline` has the value, `ref` names the item that has it, `structure` holds several. */
  #resolve(source: BlockValue | undefined): unknown {
    if (source?.kind === 'inline') return source.value
    if (source?.kind === 'ref') return this.#outputs.get(String(source.sourceItemId))
    if (source?.kind !== 'structure') return undefined
    const { entries } = (source.shape ?? {}) as { entries?: Record<string, BlockValue> }
    const each = (entry: BlockValue) => this.#resolve(entry) ?? null
    if (Array.isArray(entries)) return entries.map(each)
    return Object.fromEntries(Object.entries(entries ?? {}).map(([key, entry]) => [key, each(entry)]))
  }
}

function modelOf(item: Block): Pick<LogSpan, 'name' | 'attributes'> | undefined {
  const model = item.modelUsage?.model ?? item.generator?.model
  if (model === undefined) return undefined
  const usage = item.modelUsage
  return {
    name: `chat ${model}`,
    attributes: {
      [WEIR_KIND]: 'model',
      [GEN_AI_REQUEST_MODEL]: model,
      [GEN_AI_USAGE_INPUT_TOKENS]: usage?.promptTokens,
      [GEN_AI_USAGE_OUTPUT_TOKENS]: usage?.completionTokens,
      [GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: usage?.cacheReadTokens,
      'gen_ai.usage.cache_creation.input_tokens': usage?.cacheCreationTokens,
    },
  }
}

function toRequestSpan(request: RequestRecord): LogSpan {
  const { id, flowKind, actionName, status, startedAtMs } = request
  const stop = stopOf(request)
  const isOpen = status === 'in_progress'
  return {
    traceId: traceIdOf(`flow-state-dev ${id}`),
    spanId: requestSpan(id),
    parentSpanId: '',
    name: `${flowKind}/${actionName}`,
    startMs: startedAtMs,
    endMs: isOpen
      ? undefined
      : (request.completedAtMs ?? request.failedAtMs ?? stop?.ms ?? request.updatedAt),
    error: status === 'failed' ? { type: 'failed', message: messageOf(request) } : undefined,
    attributes: {
      [WEIR_KIND]: 'flow',
      [WEIR_FLOW_NAME]: `${flowKind}/${actionName}`,
      [WEIR_RUN_STATUS]: stop?.status,
      [SESSION_ID]: request.sessionId,
      [USER_ID]: request.userId,
      ...valueAttributes('input', request.input),
    },
  }
}

function stopOf(request: RequestRecord): Stop | undefined {
  const status = STATUSES[request.status]
  const ms = request.abortedAt ?? request.interruptedAt ?? request.updatedAt
  return status === undefined ? undefined : { status, ms }
}

/** The first error of a block. */
function messageOf({ items }: RequestRecord): string {
  const failed = items.find((item) => isBlock(item) && item.status === 'failed') as Block | undefined
  return failed?.error?.message ?? ''
}

function errorOf({ status, error }: Block): LogSpan['error'] {
  return status === 'failed' ? { type: error?.code ?? '', message: error?.message ?? '' } : undefined
}

const requestSpan = (requestId: string) => spanIdOf(`flow-state-dev ${requestId}`)
const blockSpan = (requestId: string, instance: string) => spanIdOf(`flow-state-dev ${requestId} ${instance}`)
