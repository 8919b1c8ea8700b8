import type { AttributeValue } from '@opentelemetry/api'
import {
  GEN_AI_OPERATION_NAME,
  GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  OPENINFERENCE_SPAN_KIND,
  WEIR_KIND,
} from '../semconv.ts'
import { type ModelSpan, traceModel, type Usage } from '../spans/model.ts'
import { currentScope } from '../spans/scope.ts'
import type { RecordedSpan } from '../spans/span.ts'
import type { Answer, Question, TokenCounts } from './api.ts'

const GEN_AI_RESPONSE_FINISH_REASONS = 'gen_ai.response.finish_reasons'
const GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS = 'gen_ai.usage.cache_write.input_tokens'

/** A call whose span is open until it says how it went. What is said later changes nothing, and nothing here throws. */
export interface OpenCall {
  /** A piece of the answer is here. */
  answering(): void
  end(answer?: () => Answer | undefined): void
  fail(error: unknown, answer?: () => Answer | undefined): void
}

/**
 * Calls `work` below the span of a model call, and returns what it returns, at once. The span stays open until `work` ends the
 * call, however long after.
 * @param signal with which the caller can stop the call
 */
export function recordCall<T>(
  question: Question,
  provider: string,
  signal: AbortSignal | null | undefined,
  work: (call: OpenCall) => T,
): T {
  const { operation, input } = question
  const model = question.model || 'unknown'
  let isMade = false
  let outcome: (() => T) | undefined
  const recorded = traceModel(
    { name: `${operation} ${model}`, provider, model, input, ...(signal ? { signal } : {}) },
    (span) => {
      if (isMade) return undefined
      const { span: recorded } = currentScope()
      return new Promise<void>((resolve, reject) => {
        const call = new RecordedCall(span, recorded, resolve, reject)
        if (operation === 'embeddings') call.becomeEmbedder()
        outcome = attempt(work, call)
      })
    },
  )
  // It fails as the call does, which is for the caller to handle.
  recorded.catch(() => {})
  isMade = true
  const made = outcome ?? attempt(work, UNRECORDED)
  // The open span must not keep alive what it waits for somebody to read.
  outcome = undefined
  return made()
}

const UNRECORDED: OpenCall = { answering() {}, end() {}, fail() {} }

function attempt<T>(work: (call: OpenCall) => T, call: OpenCall): () => T {
  try {
    const value = work(call)
    return () => value
  } catch (error) {
    call.fail(error)
    return () => {
      throw error
    }
  }
}

class RecordedCall implements OpenCall {
  readonly #span: ModelSpan
  /** The same span, for attributes that `ModelSpan` has no word for. */
  readonly #attributes: RecordedSpan | undefined
  readonly #resolve: () => void
  readonly #reject: (error: unknown) => void
  readonly #start = performance.now()
  #isAnswering = false
  #isOver = false

  constructor(
    span: ModelSpan,
    attributes: RecordedSpan | undefined,
    resolve: () => void,
    reject: (error: unknown) => void,
  ) {
    this.#span = span
    this.#attributes = attributes
    this.#resolve = resolve
    this.#reject = reject
  }

  becomeEmbedder(): void {
    this.#set(WEIR_KIND, 'embedder')
    this.#set(GEN_AI_OPERATION_NAME, 'embeddings')
    this.#set(OPENINFERENCE_SPAN_KIND, 'EMBEDDING')
  }

  answering(): void {
    if (this.#isAnswering || this.#isOver) return
    this.#isAnswering = true
    this.#set(GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK, (performance.now() - this.#start) / 1000)
  }

  end(answer?: () => Answer | undefined): void {
    const error = this.#record(answer)
    if (error === undefined) this.#resolve()
    else this.#reject(error)
  }

  fail(error: unknown, answer?: () => Answer | undefined): void {
    this.#record(answer)
    this.#reject(error)
  }

  /** @returns the error that the answer says */
  #record(read: (() => Answer | undefined) | undefined): unknown {
    if (this.#isOver) return undefined
    this.#isOver = true
    try {
      const answer = read?.()
      if (answer === undefined) return undefined
      const { model, output, finishReasons = [], usage, error } = answer
      if (typeof model === 'string' && model !== '') this.#span.setResponseModel(model)
      if (output !== undefined) this.#span.setOutput(output)
      const reasons = finishReasons.filter((reason) => typeof reason === 'string')
      if (reasons.length > 0) this.#set(GEN_AI_RESPONSE_FINISH_REASONS, reasons)
      if (usage !== undefined) this.#recordUsage(usage)
      return error ?? undefined
    } catch {
      return undefined
    }
  }

  #recordUsage({ cacheWriteTokens, ...usage }: TokenCounts): void {
    this.#span.setUsage(usage as Usage)
    if (typeof cacheWriteTokens === 'number' && cacheWriteTokens > 0)
      this.#set(GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, cacheWriteTokens)
  }

  #set(name: string, value: AttributeValue): void {
    this.#attributes?.set(name, value)
  }
}
