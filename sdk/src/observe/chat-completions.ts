import { type Api, emptyFields, type Fields } from './api.ts'

interface Completion {
  readonly model?: string
  readonly choices?: readonly Choice[]
  readonly usage?: ChatUsage | null
}

interface Choice {
  readonly index?: number
  readonly message?: unknown
  readonly delta?: Fields | null
  readonly finish_reason?: string | null
}

interface ChatUsage {
  readonly prompt_tokens?: number
  readonly completion_tokens?: number
  readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null
}

/** `chat.completions.create` of OpenAI, and of all who speak its language. */
export const chatCompletions: Api<Completion, Completion> = {
  question: ({ model, messages }: { model?: string; messages?: unknown }) => ({
    operation: 'chat',
    model,
    input: messages,
  }),
  answer({ model, choices = [], usage }) {
    const messages = choices.filter(Boolean).map(({ message }) => message)
    return {
      model,
      output: messages.length > 1 ? messages : messages[0],
      finishReasons: choices.filter(Boolean).map((choice) => choice.finish_reason),
      usage: {
        inputTokens: usage?.prompt_tokens,
        outputTokens: usage?.completion_tokens,
        cachedInputTokens: usage?.prompt_tokens_details?.cached_tokens,
        reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens,
      },
    }
  },
  fold(completion, chunk) {
    const choices = [...(completion?.choices ?? [])]
    for (const { index = 0, delta, finish_reason } of chunk.choices ?? []) {
      const message = (choices[index]?.message as Fields | undefined) ?? emptyFields()
      if (delta) merge(message, delta)
      choices[index] = { message, finish_reason: finish_reason ?? choices[index]?.finish_reason ?? null }
    }
    return {
      choices,
      model: chunk.model || completion?.model || '',
      usage: chunk.usage ?? completion?.usage ?? null,
    }
  },
  isPiece: ({ choices = [] }) => choices.some(({ delta }) => hasPiece(delta ?? {})),
}

/** The first chunk often has the role only, beside empty strings. */
function hasPiece({ role: _, ...delta }: Fields): boolean {
  return Object.values(delta).some(Boolean)
}

/** Strings that come whole, however often. All others come in pieces. */
const WHOLE: ReadonlySet<string> = new Set(['role', 'id', 'type', 'name'])
/** No answer has more tool calls; an index beyond would only make an array of holes. */
const MAX_ITEMS = 1_000

/** Adds a piece of a message to what is there of it. Fields that only some servers have (`reasoning_content`) are added too. */
function merge(message: Fields, delta: Fields): void {
  for (const [key, value] of Object.entries(delta)) {
    const before = message[key]
    if (value === null || value === undefined) continue
    if (Array.isArray(value)) message[key] = mergeItems(Array.isArray(before) ? before : [], value)
    else if (typeof value === 'object') message[key] = mergeObjects(before, value as Fields)
    else if (typeof value === 'string' && typeof before === 'string' && !WHOLE.has(key))
      message[key] = before + value
    else message[key] = value
  }
}

function mergeObjects(before: unknown, delta: Fields): Fields {
  const object = typeof before === 'object' && before !== null ? (before as Fields) : emptyFields()
  merge(object, delta)
  return object
}

function mergeItems(items: unknown[], deltas: readonly unknown[]): unknown[] {
  for (const delta of deltas) {
    if (typeof delta !== 'object' || delta === null) items.push(delta)
    else {
      const { index, ...rest } = delta as Fields
      const isPlace = Number.isInteger(index) && Number(index) >= 0 && Number(index) < MAX_ITEMS
      const at = isPlace ? Number(index) : items.length
      items[at] = mergeObjects(items[at], rest)
    }
  }
  return items
}
