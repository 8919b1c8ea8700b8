import type { SpanKind } from '@weir/sdk/semconv'
import type { Status } from '@weir/store/run-model'
import type { Field } from './field.ts'

/** What the text of an input or output is: JSON, a string as it is, or nobody says. */
export type Format = 'json' | 'text' | 'unknown'

/** What one attribute key says about one field. A rule that gives nothing leaves the field to the next key. */
export interface Rule {
  readonly field: Field
  /** Only on spans of these kinds. Not for `kind` itself. */
  readonly when?: readonly SpanKind[]
  /** What each value of the attribute means; a value that is not named is left to `read`, or says nothing. */
  readonly values?: Readonly<Record<string, string>>
  /** The meaning of the key's mere presence. */
  readonly is?: string
  /** Path of the value in the attribute's JSON text. */
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
  /** Indexed keys by their name: what stands before the dot before the index. */
  readonly families?: Readonly<Record<string, Family>>
  /** Span events that are messages, by event name. */
  readonly messages?: Readonly<Record<string, MessageEvent>>
  /** Exception types that are not errors, and the status that they mean. */
  readonly exceptions?: Readonly<Record<string, Status>>
}
