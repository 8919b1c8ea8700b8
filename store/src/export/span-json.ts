/** The one attribute that becomes metadata. */
const METADATA_KEY = 'weir.run.metadata'

/** A stored span: what OTLP says of it, in the form that it is written in. Integers of 64 bits are text. */
export interface SpanRow {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  /** '' for a root. */
  readonly parentSpanId: string
  readonly flags: number
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly keys: readonly string[]
  readonly values: readonly string[]
  /** A letter per attribute, see store/migrations/002_spans.sql. */
  readonly types: string
  readonly inputKey: string
  readonly input: string
  readonly outputKey: string
  readonly output: string
  readonly metadata: string
  readonly droppedAttributesCount: number
  /** OTLP/JSON, '' for none. */
  readonly events: string
  readonly droppedEventsCount: number
  readonly links: string
  readonly droppedLinksCount: number
  readonly statusCode: number
  readonly statusMessage: string
}

/** A span in OTLP/JSON (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding); zero and empty members are left out. */
export function spanJson(row: SpanRow): string {
  const attributes = attributesJson(row)
  const members = [
    `"traceId":"${row.traceId}","spanId":"${row.spanId}"`,
    text('traceState', row.traceState),
    text('parentSpanId', row.parentSpanId),
    number('flags', row.flags),
    text('name', row.name),
    number('kind', row.kind),
    integer('startTimeUnixNano', row.startTimeUnixNano),
    integer('endTimeUnixNano', row.endTimeUnixNano),
    attributes && `"attributes":[${attributes}]`,
    number('droppedAttributesCount', row.droppedAttributesCount),
    row.events && `"events":${row.events}`,
    number('droppedEventsCount', row.droppedEventsCount),
    row.links && `"links":${row.links}`,
    number('droppedLinksCount', row.droppedLinksCount),
    statusJson(row),
  ]
  return `{${members.filter((member) => member !== '').join(',')}}`
}

function statusJson({ statusCode, statusMessage }: SpanRow): string {
  const members = [text('message', statusMessage), number('code', statusCode)].filter((each) => each !== '')
  return members.length === 0 ? '' : `"status":{${members.join(',')}}`
}

/** In the order in which they were sent: an attribute that became a column goes back to its place. */
function attributesJson({ keys, values, types, ...row }: SpanRow): string {
  const attributes: string[] = []
  let next = 0
  for (const type of types) {
    if (type === 'I') attributes.push(attributeJson(row.inputKey, 's', row.input))
    else if (type === 'O') attributes.push(attributeJson(row.outputKey, 's', row.output))
    else if (type === 'M') attributes.push(attributeJson(METADATA_KEY, 's', row.metadata))
    else attributes.push(attributeJson(keys[next] ?? '', type, values[next++] ?? ''))
  }
  return attributes.join(',')
}

function attributeJson(key: string, type: string, value: string): string {
  return `{"key":${JSON.stringify(key)},"value":${valueJson(type, value)}}`
}

/** Arrays and lists are stored as OTLP/JSON, other values as text. */
function valueJson(type: string, value: string): string {
  switch (type) {
    case 's':
      return `{"stringValue":${JSON.stringify(value)}}`
    case 'i':
      return `{"intValue":"${value}"}`
    case 'd':
      return `{"doubleValue":${Number.isFinite(Number(value)) ? value : JSON.stringify(value)}}`
    case 'b':
      return `{"boolValue":${value}}`
    case 'y':
      return `{"bytesValue":"${value}"}`
    case 'a':
    case 'k':
      return value
    default:
      return '{}'
  }
}

function text(name: string, value: string): string {
  return value === '' ? '' : `"${name}":${JSON.stringify(value)}`
}

function number(name: string, value: number): string {
  return value === 0 ? '' : `"${name}":${value}`
}

function integer(name: string, value: string): string {
  return value === '0' ? '' : `"${name}":"${value}"`
}
