import type { Api } from './api.ts'

interface Embeddings {
  readonly model?: string
  readonly data?: readonly { readonly embedding?: { readonly length?: number } | string }[]
  readonly usage?: { readonly prompt_tokens?: number }
}

/** `embeddings.create` of OpenAI. Of the vectors, only number and dimensions are recorded. */
export const embeddings: Api<Embeddings, never> = {
  question: ({ model, input }: { model?: string; input?: unknown }) => ({
    operation: 'embeddings',
    model,
    input,
  }),
  answer: ({ model, data, usage }) => ({
    model,
    output: describeVectors(data?.map(({ embedding }) => embedding)),
    usage: { inputTokens: usage?.prompt_tokens },
  }),
  fold: () => undefined,
  isPiece: () => false,
}

export function describeVectors(vectors: readonly unknown[] | undefined): unknown {
  if (vectors === undefined) return undefined
  const [first] = vectors as { readonly length?: number }[]
  // As base64 it is no list of numbers.
  const dimensions = typeof first === 'string' ? undefined : first?.length
  return { vectors: vectors.length, dimensions }
}
