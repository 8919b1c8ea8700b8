/** An attribute with the type letter of `attribute_types`: s i d b y a k e (see migration 001). */
export interface Attribute {
  readonly key: string
  readonly value: string
  readonly type: string
}

/** A member that is missing has protobuf's default: zero, false, '' or empty (protobuf.dev/programming-guides/json). */
interface KeyValue {
  readonly key?: string
  readonly value?: Readonly<Record<string, unknown>>
}

interface Event {
  readonly timeUnixNano?: string
  readonly name?: string
  readonly attributes?: readonly KeyValue[]
}

interface Link {
  readonly traceId?: string
  readonly spanId?: string
  readonly attributes?: readonly KeyValue[]
}

export interface SpanEvent {
  readonly name: string
  /** Nanoseconds from the span's start; null where the event has no time, or the span no start. */
  readonly offsetNs: number | null
  readonly attributes: readonly Attribute[]
}

export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: readonly Attribute[]
}

/** What the column `events` says. @param start nanoseconds since 1970 of the span's start */
export function toEvents(events: string, start: bigint): SpanEvent[] {
  return parse<readonly Event[]>(events, []).map(({ name = '', timeUnixNano = '0', attributes }) => ({
    name,
    offsetNs: start === 0n || BigInt(timeUnixNano) === 0n ? null : Number(BigInt(timeUnixNano) - start),
    attributes: toAttributes(attributes),
  }))
}

/** What the column `links` says. */
export function toLinks(links: string): SpanLink[] {
  return parse<readonly Link[]>(links, []).map(({ traceId = '', spanId = '', attributes }) => ({
    traceId,
    spanId,
    attributes: toAttributes(attributes),
  }))
}

/** The attributes in the column `resource`. */
export function toResourceAttributes(resource: string): Attribute[] {
  return toAttributes(parse<{ resource?: { attributes?: KeyValue[] } }>(resource, {}).resource?.attributes)
}

/** Name and version in the column `scope`. */
export function toScope(scope: string): { readonly name: string; readonly version: string } {
  const { name = '', version = '' } =
    parse<{ scope?: { name?: string; version?: string } }>(scope, {}).scope ?? {}
  return { name, version }
}

function parse<T>(json: string, empty: T): T {
  return json === '' ? empty : (JSON.parse(json) as T)
}

function toAttributes(list: readonly KeyValue[] = []): Attribute[] {
  return list.map(({ key = '', value = {} }) => ({ key, ...toTypedText(value) }))
}

const LETTERS: Readonly<Record<string, string>> = {
  stringValue: 's',
  intValue: 'i',
  doubleValue: 'd',
  boolValue: 'b',
  bytesValue: 'y',
  arrayValue: 'a',
  kvlistValue: 'k',
}

/** Text and type of an AnyValue as `attributes` and `attribute_types` have them: arrays and lists stay OTLP/JSON. */
function toTypedText(value: Readonly<Record<string, unknown>>): { value: string; type: string } {
  const [member, content] = Object.entries(value)[0] ?? []
  const type = member === undefined ? undefined : LETTERS[member]
  if (type === undefined) return { value: '', type: 'e' }
  return { value: type === 'a' || type === 'k' ? JSON.stringify(value) : String(content), type }
}
