import type { Api, Fields, TokenCounts } from './api.ts'
import { describeVectors } from './embeddings.ts'
import { recordCall } from './record-call.ts'
import { AnswerListener, type ObservedMethod, questionOf } from './request-method.ts'
import { watchedStream } from './watch-stream.ts'

/** What the models of the AI SDK return, in the versions 2 to 4 of their specification. */
interface Generation {
  readonly content?: readonly unknown[]
  readonly finishReason?: string | { readonly unified?: string }
  readonly usage?: ModelUsage
  readonly response?: { readonly modelId?: string }
  readonly error?: unknown
}

interface ModelUsage {
  readonly inputTokens?: number | InputTokens
  readonly outputTokens?: number | { readonly total?: number; readonly reasoning?: number }
  readonly cachedInputTokens?: number
  readonly reasoningTokens?: number
}

interface InputTokens {
  readonly total?: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
}

type StreamPart = Fields & { readonly type?: string }

const generations: Api<Generation, StreamPart> = {
  question: ({ prompt }: { prompt?: unknown }) => ({ operation: 'chat', model: undefined, input: prompt }),
  answer: ({ content, finishReason, usage, response, error }) => ({
    model: response?.modelId,
    output: content === undefined ? undefined : { role: 'assistant', content },
    finishReasons: [typeof finishReason === 'object' ? finishReason.unified : finishReason],
    usage: usage === undefined ? undefined : countTokens(usage),
    error,
  }),
  fold(generation = {}, part) {
    const content = [...(generation.content ?? [])] as Fields[]
    const at = content.findLastIndex(({ id }) => id !== undefined && id === part.id)
    const { id: _, ...open } = content[at] ?? {}
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
        content.push({ type: part.type.slice(0, -'-start'.length), id: part.id, text: '' })
        break
      case 'text-delta':
      case 'reasoning-delta':
        if (at >= 0) content[at] = { ...open, id: part.id, text: `${open.text}${part.delta}` }
        break
      case 'text-end':
      case 'reasoning-end':
        // Only its pieces need the id.
        if (at >= 0) content[at] = open
        break
      case 'tool-call':
      case 'tool-result':
      case 'file':
      case 'source':
        content.push({ ...part })
        break
      case 'response-metadata':
        return { ...generation, response: { modelId: String(part.modelId ?? '') } }
      case 'finish':
        return { ...generation, usage: part.usage as ModelUsage, finishReason: part.finishReason as string }
      case 'error':
        return { ...generation, error: part.error }
    }
    return { ...generation, content }
  },
  isPiece: ({ type = '' }) => type.endsWith('-delta') || type === 'tool-call' || type === 'file',
}

function countTokens(usage: ModelUsage): TokenCounts {
  const { inputTokens: input, outputTokens: output } = usage
  const { total, cacheRead, cacheWrite } =
    typeof input === 'object' ? input : ({ total: input } as InputTokens)
  return {
    inputTokens: total,
    cachedInputTokens: cacheRead ?? usage.cachedInputTokens,
    cacheWriteTokens: cacheWrite,
    outputTokens: typeof output === 'object' ? output.total : output,
    reasoningTokens: typeof output === 'object' ? output.reasoning : usage.reasoningTokens,
  }
}

interface Embedded {
  readonly embeddings?: readonly unknown[]
  readonly usage?: { readonly tokens?: number }
}

const embedded: Api<Embedded, never> = {
  question: ({ values }: { values?: unknown }) => ({
    operation: 'embeddings',
    model: undefined,
    input: values,
  }),
  answer: ({ embeddings, usage }) => ({
    output: describeVectors(embeddings),
    usage: { inputTokens: usage?.tokens },
  }),
  fold: () => undefined,
  isPiece: () => false,
}

export const observeGenerate: ObservedMethod = observeModel(generations)
export const observeEmbed: ObservedMethod = observeModel(embedded)

interface ModelOptions {
  readonly abortSignal?: AbortSignal
}

/** Observes a method of a model, which resolves to the answer, or to an object with the stream of it. */
function observeModel<Body, Event>(api: Api<Body, Event>): ObservedMethod {
  return ({ root, invoke, args, provider }) => {
    const { modelId } = root as { modelId?: string }
    const question = { ...questionOf(api, args[0]), model: modelId }
    const signal = (args[0] as ModelOptions | undefined)?.abortSignal
    return recordCall(question, provider, signal, async (call) => {
      const listener = new AnswerListener(api, call, signal)
      try {
        const result = (await invoke(...args)) as { stream?: unknown }
        if (result?.stream instanceof ReadableStream)
          return { ...result, stream: watchedStream(result.stream, listener) }
        listener.value(result)
        return result
      } catch (error) {
        listener.fail(error)
        throw error
      }
    })
  }
}
