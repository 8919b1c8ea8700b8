import { viewOf } from '../native/view.ts'
import { plainValue } from '../otlp/any-value.ts'
import { EventView } from '../otlp/span.ts'
import { WireReader } from '../otlp/wire-reader.ts'
import type { CompiledDialects } from './compile.ts'

/** The messages of one field, and the best rank among them. */
interface Messages {
  rank: number
  readonly messages: Record<string, unknown>[]
}

/** What the events of a span say. */
export interface SpanEvents {
  /** By the number of the field that they belong to, in the order they came. */
  readonly messages: ReadonlyMap<number, Messages>
  /** Start and end of the last `exception` event, -1: none. Earlier ones were handled. */
  readonly exceptionStart: number
  readonly exceptionEnd: number
  /** Where the time of the first token stands, -1: nowhere. */
  readonly firstToken: number
}

export const NO_EVENTS: SpanEvents = {
  messages: new Map(),
  exceptionStart: -1,
  exceptionEnd: -1,
  firstToken: -1,
}

const event = new EventView()

/** @param ranges start and end of each event by turns */
export function readEvents(
  bytes: Buffer,
  ranges: readonly number[],
  { eventNames, events }: Pick<CompiledDialects, 'eventNames' | 'events'>,
): SpanEvents {
  const messages = new Map<number, Messages>()
  let [exceptionStart, exceptionEnd, firstToken] = [-1, -1, -1]
  const view = viewOf(bytes)
  for (let at = 0; at < ranges.length; at += 2) {
    event.read(new WireReader(bytes), ranges[at]!, ranges[at + 1]!)
    const kind = events[eventNames.find(view, event.nameStart, event.nameEnd)]
    if (kind === undefined) continue
    if (kind === 'exception') {
      exceptionStart = ranges[at]!
      exceptionEnd = ranges[at + 1]!
    } else if (kind === 'firstToken') {
      if (firstToken < 0) firstToken = event.time
    } else {
      const found = messages.get(kind.field) ?? { rank: kind.rank, messages: [] }
      found.rank = Math.min(found.rank, kind.rank)
      found.messages.push(messageOf(bytes, kind.role))
      messages.set(kind.field, found)
    }
  }
  return { messages, exceptionStart, exceptionEnd, firstToken }
}

/** The current event's attributes, among which a role of its own outdoes the one that its name implies. */
function messageOf(bytes: Buffer, role: string): Record<string, unknown> {
  const { attributes } = event
  const entries = Array.from({ length: attributes.count }, (_, item): [string, unknown] => [
    bytes.toString('utf8', attributes.keyStart[item]!, attributes.keyEnd[item]!),
    plainValue(bytes, attributes, item),
  ])
  return Object.fromEntries([['role', role], ...entries])
}
