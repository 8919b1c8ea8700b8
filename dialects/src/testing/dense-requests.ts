/** Requests of as many messages as fit into their bytes: little to send once compressed, much to read. */
import { WireWriter } from '../otlp/wire-writer.ts'

const IDS = Buffer.concat([
  Buffer.from([0x0a, 16]),
  Buffer.alloc(16, 1),
  Buffer.from([0x12, 8]),
  Buffer.alloc(8, 2),
])
/** As many as one span or resource may have. */
const PLACE = 100_000

function field(number: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const writer = new WireWriter(Buffer.allocUnsafe(body.length + 16))
  writer.range(number, body, 0, body.length)
  return writer.finish()
}

function empty(number: number, count: number): Buffer {
  return Buffer.alloc(2 * count, Buffer.from([(number << 3) | 2, 0]))
}

/** A ResourceSpans with one span that has these fields. */
function oneSpan(fields: Buffer): Buffer {
  return field(1, field(2, field(2, IDS, fields)))
}

/** So many messages in places that each have no more than they may. */
function inPlaces(count: number, place: (count: number) => Buffer): Buffer {
  const places = Math.ceil(count / PLACE)
  return Buffer.concat(Array.from({ length: places }, () => place(Math.ceil(count / places))))
}

/** By what they have many of. */
export const DENSE: Readonly<Record<string, (count: number) => Buffer>> = {
  resources: (count) => empty(1, count),
  scopes: (count) => field(1, empty(2, count)),
  spans: (count) => field(1, field(2, empty(2, count))),
  'attributes of spans': (count) => inPlaces(count, (some) => oneSpan(empty(9, some))),
  'attributes of resources': (count) => inPlaces(count, (some) => field(1, field(1, empty(1, some)))),
  'attributes of scopes': (count) => inPlaces(count, (some) => field(1, field(2, field(1, empty(3, some))))),
  'attributes of events': (count) => inPlaces(count, (some) => oneSpan(field(11, empty(3, some)))),
  events: (count) => inPlaces(count, (some) => oneSpan(empty(11, some))),
  links: (count) => inPlaces(count, (some) => oneSpan(empty(13, some))),
  'items of arrays': (count) =>
    inPlaces(count, (some) => oneSpan(field(9, field(2, field(5, empty(1, some)))))),
  'arrays in arrays': (count) =>
    oneSpan(
      field(
        9,
        field(
          2,
          field(
            5,
            inPlaces(count, (some) => field(1, field(5, empty(1, some)))),
          ),
        ),
      ),
    ),
}

/** A span, and so many bytes of a field that no specification knows: all work and no messages. */
export function spanAmidUnknownFields(bytes: number): Buffer {
  return Buffer.concat([oneSpan(Buffer.alloc(0)), Buffer.alloc(bytes, Buffer.from([0x10, 0]))])
}
