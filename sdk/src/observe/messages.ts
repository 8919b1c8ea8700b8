import type { Api, Fields } from './api.ts'

interface Message {
  readonly role?: string
  readonly model?: string
  readonly content?: readonly unknown[]
  readonly stop_reason?: string | null
  readonly usage?: AnthropicUsage | null
  readonly error?: unknown
}

interface AnthropicUsage {
  readonly input_tokens?: number | null
  readonly output_tokens?: number | null
  readonly cache_read_input_tokens?: number | null
  readonly cache_creation_input_tokens?: number | null
  readonly output_tokens_details?: { readonly thinking_tokens?: number | null } | null
}

interface MessageEvent {
  readonly type?: string
  readonly message?: Message
  readonly index?: number
  readonly content_block?: Fields
  readonly delta?: Fields
  readonly error?: unknown
  readonly usage?: AnthropicUsage | null
}

interface Request {
  readonly model?: string
  readonly system?: unknown
  readonly messages?: readonly unknown[]
}

/** `messages.create` of Anthropic. */
export const messages: Api<Message, MessageEvent> = {
  question: ({ model, system, messages }: Request) => ({
    operation: 'chat',
    model,
    input: system === undefined ? messages : [{ role: 'system', content: system }, ...(messages ?? [])],
  }),
  answer: ({ role, model, content, stop_reason, usage, error }) => ({
    model,
    output: content === undefined ? undefined : { role, content },
    finishReasons: [stop_reason],
    usage: usage ? countTokens(usage) : undefined,
    error,
  }),
  fold(message, { type, ...event }) {
    if (type === 'message_start') return { ...event.message, content: [] }
    if (type === 'error') return { ...message, error: event.error }
    if (message === undefined) return undefined
    if (type === 'message_delta') {
      const usage = Object.entries(event.usage ?? {}).filter(([, count]) => count !== null)
      return { ...message, ...event.delta, usage: { ...message.usage, ...Object.fromEntries(usage) } }
    }
    const content = [...(message.content ?? [])] as Fields[]
    const at = event.index ?? 0
    if (type === 'content_block_start' && at === content.length) content[at] = { ...event.content_block }
    const block = content[at]
    if (block === undefined) return message
    if (type === 'content_block_delta') content[at] = extend(block, event.delta ?? {})
    else if (type === 'content_block_stop' && typeof block.input === 'string')
      content[at] = { ...block, input: parseInput(block.input) }
    return { ...message, content }
  },
  isPiece: ({ type }) => type === 'content_block_delta',
}

/** Anthropic counts what a cache gave or took beside the input; everybody else counts it as part of it. */
function countTokens(usage: AnthropicUsage) {
  const { input_tokens, cache_read_input_tokens: read, cache_creation_input_tokens: written } = usage
  return {
    inputTokens: typeof input_tokens === 'number' ? input_tokens + (read ?? 0) + (written ?? 0) : undefined,
    outputTokens: usage.output_tokens,
    cachedInputTokens: read,
    cacheWriteTokens: written,
    reasoningTokens: usage.output_tokens_details?.thinking_tokens,
  }
}

/** By type of a delta: its field that is a piece of a string, and the field of the block that it belongs to. */
const PIECES: Readonly<Record<string, readonly [from: string, to: string]>> = {
  text_delta: ['text', 'text'],
  thinking_delta: ['thinking', 'thinking'],
  signature_delta: ['signature', 'signature'],
  // A string until the block ends.
  input_json_delta: ['partial_json', 'input'],
}

function extend(block: Fields, delta: Fields): Fields {
  if (delta.type === 'citations_delta') {
    const citations = Array.isArray(block.citations) ? block.citations : []
    return { ...block, citations: [...citations, delta.citation] }
  }
  const piece = PIECES[String(delta.type)]
  if (piece === undefined) return block
  const [from, to] = piece
  const before = typeof block[to] === 'string' ? block[to] : ''
  return { ...block, [to]: before + String(delta[from] ?? '') }
}

function parseInput(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch {
    return input
  }
}
