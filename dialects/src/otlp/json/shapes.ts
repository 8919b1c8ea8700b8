import { viewOf } from '../../native/view.ts'
import { KeyTable } from '../key-table.ts'
import { LIBRARY_SPANS as LIBRARY_SPANS_FIELD } from '../request.ts'

/** How a member's value is written. */
export const ID = 0
export const TEXT = 1
/** Text that is written even if it is empty. */
export const SET_TEXT = 2
const COUNT = 3
export const FLAGS = 4
export const TIME = 5
export const BOOL = 6
export const INT = 7
export const DOUBLE = 8
export const BINARY = 9
export const MESSAGE = 10
export const LIST = 11

/** A member of a message in OTLP/JSON, and the protobuf field that it becomes. */
export interface Member {
  readonly field: number
  readonly type: number
  /** Name for errors. */
  readonly what: string
  readonly shape: Shape | undefined
  /** Names of an enum, by number. */
  readonly names: readonly string[]
}

/** The most members that a message has. */
export const MAX_MEMBERS = 16

/** Field number, type, and the shape of a message or the names of an enum. */
type Definition = readonly [field: number, type: number, more?: Shape | readonly string[]]

/** What is known of one message of trace.proto and common.proto. Unknown members are passed over. */
export class Shape {
  /** How many bytes the message's length mostly takes where it is nested in another. */
  readonly lengthBytes: number
  /** Only one member may stay: the first of those that are set, in the order of `members`. */
  readonly isChoice: boolean
  /** A value that has values in it. */
  readonly nests: boolean
  /** The members that spans are in. */
  readonly carriers: readonly string[]
  /** Their bits, by number. */
  carrierBits = 0
  members: readonly Member[] = []
  /** Finds members by name. */
  keys: KeyTable = new KeyTable([])
  /** Of each key: the number of its member. */
  numbers: Int8Array = new Int8Array()
  /** Members' names as they are mostly written, with quotes and colon. */
  names: readonly DataView[] = []

  constructor(
    options: {
      readonly lengthBytes?: number
      readonly isChoice?: boolean
      readonly nests?: boolean
      readonly carriers?: readonly string[]
    } = {},
  ) {
    this.lengthBytes = options.lengthBytes ?? 1
    this.isChoice = options.isChoice ?? false
    this.nests = options.nests ?? false
    this.carriers = options.carriers ?? []
  }

  /** By name, in an order that matters to choices. Shapes refer to each other, so members come later. */
  define(members: Readonly<Record<string, Definition>>): this {
    this.members = Object.entries(members).map(([what, [field, type, more]]) => {
      const shape = more instanceof Shape ? more : undefined
      return { field, type, what, shape, names: shape === undefined ? ((more as string[]) ?? []) : [] }
    })
    const names = Object.keys(members)
    const keys = names.flatMap((name, number) => spellingsOf(name).map((key) => ({ key, number })))
    this.keys = new KeyTable(keys.map(({ key }) => key))
    this.numbers = Int8Array.from(keys, ({ number }) => number)
    this.carrierBits = this.carriers.reduce((bits, name) => bits | (1 << names.indexOf(name)), 0)
    this.names = names.map((name) => viewOf(Buffer.from(`"${name}":`)))
    return this
  }
}

/**
 * OTLP writes `traceId`. Some senders keep the name of the .proto file, `trace_id`, and parsers of protobuf's JSON have
 * to take both (protobuf.dev/programming-guides/json/#json-options). Both are one member: the last one stays.
 */
function spellingsOf(name: string): string[] {
  const proto = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return proto === name ? [name] : [name, proto]
}

const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (kind) => `SPAN_KIND_${kind}`,
)
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'].map((code) => `STATUS_CODE_${code}`)

/** AnyValue. Where a sender sets several members, text goes before numbers, and those before lists. */
export const VALUE: Shape = new Shape({ isChoice: true })
export const KEY_VALUE: Shape = new Shape().define({ key: [1, TEXT], value: [2, MESSAGE, VALUE] })
const ARRAY = new Shape({ nests: true }).define({ values: [1, LIST, VALUE] })
const KVLIST = new Shape({ nests: true }).define({ values: [1, LIST, KEY_VALUE] })
VALUE.define({
  stringValue: [1, SET_TEXT],
  intValue: [3, INT],
  boolValue: [2, BOOL],
  doubleValue: [4, DOUBLE],
  arrayValue: [5, MESSAGE, ARRAY],
  kvlistValue: [6, MESSAGE, KVLIST],
  bytesValue: [7, BINARY],
})
const EVENT = new Shape().define({
  timeUnixNano: [1, TIME],
  name: [2, TEXT],
  attributes: [3, LIST, KEY_VALUE],
  droppedAttributesCount: [4, COUNT],
})
const LINK = new Shape().define({
  traceId: [1, ID],
  spanId: [2, ID],
  traceState: [3, TEXT],
  attributes: [4, LIST, KEY_VALUE],
  droppedAttributesCount: [5, COUNT],
  flags: [6, FLAGS],
})
const STATUS = new Shape().define({
  message: [2, TEXT],
  code: [3, COUNT, STATUS_CODES],
})
const SPAN = new Shape({ lengthBytes: 2 }).define({
  traceId: [1, ID],
  spanId: [2, ID],
  traceState: [3, TEXT],
  parentSpanId: [4, ID],
  name: [5, TEXT],
  kind: [6, COUNT, SPAN_KINDS],
  startTimeUnixNano: [7, TIME],
  endTimeUnixNano: [8, TIME],
  attributes: [9, LIST, KEY_VALUE],
  droppedAttributesCount: [10, COUNT],
  events: [11, LIST, EVENT],
  droppedEventsCount: [12, COUNT],
  links: [13, LIST, LINK],
  droppedLinksCount: [14, COUNT],
  status: [15, MESSAGE, STATUS],
  flags: [16, FLAGS],
})
const SCOPE = new Shape().define({
  name: [1, TEXT],
  version: [2, TEXT],
  attributes: [3, LIST, KEY_VALUE],
  droppedAttributesCount: [4, COUNT],
})
const SCOPE_SPANS = new Shape({ lengthBytes: 5, carriers: ['spans'] }).define({
  scope: [1, MESSAGE, SCOPE],
  spans: [2, LIST, SPAN],
  schemaUrl: [3, TEXT],
})
/** InstrumentationLibrarySpans, as ScopeSpans were called until OTLP 0.15 (2022). */
const LIBRARY_SPANS = new Shape({ lengthBytes: 5, carriers: ['spans'] }).define({
  instrumentationLibrary: [1, MESSAGE, SCOPE],
  spans: [2, LIST, SPAN],
  schemaUrl: [3, TEXT],
})
const RESOURCE = new Shape().define({
  attributes: [1, LIST, KEY_VALUE],
  droppedAttributesCount: [2, COUNT],
})
const RESOURCE_SPANS = new Shape({
  lengthBytes: 5,
  carriers: ['scopeSpans', 'instrumentationLibrarySpans'],
}).define({
  resource: [1, MESSAGE, RESOURCE],
  scopeSpans: [2, LIST, SCOPE_SPANS],
  schemaUrl: [3, TEXT],
  instrumentationLibrarySpans: [LIBRARY_SPANS_FIELD, LIST, LIBRARY_SPANS],
})
/** ExportTraceServiceRequest */
export const REQUEST: Shape = new Shape({ carriers: ['resourceSpans'] }).define({
  resourceSpans: [1, LIST, RESOURCE_SPANS],
})
