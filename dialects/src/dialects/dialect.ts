import type { SpanKind } from '@weir/sdk/semconv'
import type { Status } from '@weir/store/run-model'
import type { Field } from './precedence.ts'

/** What the text of an input or output is: JSON, a string as it is, or nobody says. */
export type Format = 'json' | 'text' | 'unknown'

/** What one attribute key says about one field. A rule that gives nothing leaves the field to the next key. */
export interface Rule {
  readonly field: Field
  /** Only on spans of these kinds. Not for `kind` itself. */
  readonly when?: readonly SpanKind[]
  /** Only on spans that have this attribute too. */
  readonly with?: string
  /** Only on spans that do not have this attribute. */
  readonly without?: string
  /** What each value of the attribute means; a value that is not named is left to `read`, or says nothing. */
  readonly values?: Readonly<Record<string, string>>
  /** The meaning of the key's mere presence, or of something at one of the places of `json`. */
  readonly is?: string
  /** Where the value may stand in the attribute's JSON text, names with dots between them: the first place that says something. */
  readonly json?: readonly string[]
  /** Reads the value out of the attribute's text; '' says nothing. */
  readonly read?: (text: string) => string
  /** Of an input or output: what the client always writes under this key. Default: unknown. */
  readonly format?: 'json' | 'text'
  /** Factor to the field's unit: nanoseconds, US dollars. */
  readonly scale?: number
}

/** A set of indexed keys, `<name>.0.<path>`, whose values are folded into one JSON array. */
export interface Family {
  readonly field: Field
  /** A path segment that only wraps each item and is left out. */
  readonly unwrap?: string
}

/** A span event that is one message of a conversation. */
interface MessageEvent {
  readonly field: Field
  readonly role: string
}

/** The keys that one kind of client writes. Which key wins over which is in precedence.ts. */
export interface Dialect {
  readonly attributes: Readonly<Record<string, readonly Rule[]>>
  /** What the instrumentation scope says of all its spans, by the scope's name. Only `is` rules. */
  readonly scopes?: Readonly<Record<string, readonly Rule[]>>
  /** Indexed keys by their name: what stands before the dot before the index. */
  readonly families?: Readonly<Record<string, Family>>
  /** What the client puts around the label in a span's name, by kind: `*` is the label. For spans that say no name elsewhere. */
  readonly spanNames?: Readonly<Partial<Record<SpanKind, readonly string[]>>>
  /** Span events that are messages, by event name. */
  readonly messages?: Readonly<Record<string, MessageEvent>>
  /** Span events that mark the first token of an answer. */
  readonly firstToken?: readonly string[]
  /** Exceptions that are no errors, by the last word of their type or by a line of their message, and the status that they mean. */
  readonly exceptions?: Readonly<Record<string, Status>>
}
