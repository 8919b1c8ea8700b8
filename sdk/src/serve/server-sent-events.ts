/** One event of https://html.spec.whatwg.org/multipage/server-sent-events.html, its data as JSON. */
export interface ServerEvent {
  readonly event: string
  readonly data: unknown
}

/** Bytes of one event that are read. */
const MAX_EVENT = 16 * 1024 * 1024

/** JSON has no line breaks of its own, so an event is one line of data. */
export function writeEvent({ event, data }: ServerEvent): Uint8Array {
  return new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data ?? null)}\n\n`)
}

/** @throws SyntaxError for data that is no JSON, RangeError for an event that does not end */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true })
    const events = text.split(/\r\n\r\n|\n\n|\r\r/)
    text = events.pop() as string
    if (text.length > MAX_EVENT) throw new RangeError(`an event of more than ${MAX_EVENT} bytes`)
    for (const event of events) {
      const parsed = parseEvent(event)
      if (parsed !== undefined) yield parsed
    }
  }
}

function parseEvent(text: string): ServerEvent | undefined {
  let event = 'message'
  const data: string[] = []
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }
  return data.length === 0 ? undefined : { event, data: JSON.parse(data.join('\n')) }
}
