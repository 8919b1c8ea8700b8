import { type Api, emptyFields, type Fields } from './api.ts'

interface Response {
  readonly model?: string
  readonly status?: string
  readonly output?: readonly unknown[]
  readonly error?: unknown
  readonly incomplete_details?: { readonly reason?: string } | null
  readonly usage?: {
    readonly input_tokens?: number
    readonly output_tokens?: number
    readonly input_tokens_details?: { readonly cached_tokens?: number } | null
    readonly output_tokens_details?: { readonly reasoning_tokens?: number } | null
  } | null
}

interface ResponseEvent {
  readonly type?: string
  readonly response?: Response
  readonly output_index?: number
  readonly content_index?: number
  readonly item?: Fields
  readonly delta?: unknown
}

interface Request {
  readonly model?: string
  readonly instructions?: string | null
  readonly input?: unknown
}

/** `responses.create` of OpenAI. */
export const responses: Api<Response, ResponseEvent> = {
  question({ model, instructions, input }: Request) {
    if (!instructions) return { operation: 'chat', model, input }
    const messages = Array.isArray(input) ? input : input ? [{ role: 'user', content: input }] : []
    return { operation: 'chat', model, input: [{ role: 'system', content: instructions }, ...messages] }
  },
  answer: ({ model, status, output, error, incomplete_details, usage }) => ({
    model,
    output,
    finishReasons: [incomplete_details?.reason ?? status],
    usage: {
      inputTokens: usage?.input_tokens,
      outputTokens: usage?.output_tokens,
      cachedInputTokens: usage?.input_tokens_details?.cached_tokens,
      reasoningTokens: usage?.output_tokens_details?.reasoning_tokens,
    },
    error,
  }),
  fold(response, event) {
    // The last event has the whole response; what is put together here is for streams that end before.
    const output = [...(response?.output ?? [])]
    if (event.response) {
      const whole = event.response.output
      return { ...event.response, output: whole !== undefined && whole.length > 0 ? whole : output }
    }
    const { output_index: at } = event
    if (at === undefined || !(at >= 0 && at <= output.length)) return response
    if (event.item) output[at] = { ...event.item }
    else if (typeof event.delta === 'string') output[at] = extend(output[at], event)
    return { ...response, output }
  },
  isPiece: ({ type = '' }) => type.endsWith('.delta'),
}

const CONTENT: Readonly<Record<string, readonly [type: string, field: string]>> = {
  'response.output_text.delta': ['output_text', 'text'],
  'response.refusal.delta': ['refusal', 'refusal'],
}

function extend(before: unknown, { type, delta, content_index: at = 0 }: ResponseEvent): Fields {
  const item = (before as Fields | undefined) ?? emptyFields()
  if (type?.endsWith('_arguments.delta'))
    return { ...item, arguments: `${item.arguments ?? ''}${String(delta)}` }
  const part = CONTENT[type ?? '']
  if (part === undefined) return item
  const content = Array.isArray(item.content) ? [...item.content] : []
  if (!(at >= 0 && at <= content.length)) return item
  const [partType, field] = part
  content[at] = { type: partType, [field]: `${content[at]?.[field] ?? ''}${String(delta)}` }
  return { ...item, content }
}
