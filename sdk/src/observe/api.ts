import type { Usage } from '../spans/model.ts'

/** What is asked of a model. */
export interface Question {
  readonly operation: 'chat' | 'embeddings'
  readonly model: string | undefined
  readonly input: unknown
}

/** What a model answered. Fields that the answer does not have are left out of the record. */
export interface Answer {
  readonly model?: string | null | undefined
  readonly output?: unknown
  readonly finishReasons?: readonly (string | null | undefined)[] | undefined
  readonly usage?: TokenCounts | undefined
  /** An answer that says that it failed. */
  readonly error?: unknown
}

type Count = number | null | undefined

/** As {@link Usage}, and as APIs send it: any of it may be missing. */
export type TokenCounts = Readonly<Partial<Record<keyof Usage | 'cacheWriteTokens', Count>>>

/**
 * One method of an API, by the shapes that it has on the wire. Whatever arrives may differ from them: what throws here costs the
 * record and nothing else.
 */
export interface Api<Body, Event> {
  question(request: never): Question
  answer(body: Body): Answer
  /** Adds an event of a stream to what earlier ones made of the body, and keeps no reference to the event's own objects. */
  fold(body: Body | undefined, event: Event): Body | undefined
  /** Whether an event has a piece of the answer. What comes before the first one only announces it. */
  isPiece(event: Event): boolean
}

/** Objects without a prototype, for keys that others choose. */
export type Fields = Record<string, unknown>

export function emptyFields(): Fields {
  return Object.create(null) as Fields
}
