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

const event = new EventView()

/** The events of a span that are messages, by the number of the field that they belong to, in the order they came. */
export function readMessages(
  bytes: Buffer,
  ranges: readonly number[],
  { messageNames, messages: kinds }: Pick<CompiledDialects, 'messageNames' | 'messages'>,
): ReadonlyMap<number, Messages> {
  const byField = new Map<number, Messages>()
  const view = viewOf(bytes)
  for (let at = 0; at < ranges.length; at += 2) {
    event.read(new WireReader(bytes), ranges[at]!, ranges[at + 1]!)
    const kind = kinds[messageNames.find(view, event.nameStart, event.nameEnd)]
    if (kind === undefined) continue
    const found = byField.get(kind.field) ?? { rank: kind.rank, messages: [] }
    found.rank = Math.min(found.rank, kind.rank)
    found.messages.push(messageOf(bytes, kind.role))
    byField.set(kind.field, found)
  }
  return byField
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
