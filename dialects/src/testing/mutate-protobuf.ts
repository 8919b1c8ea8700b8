import { varint } from '../otlp/wire-writer.ts'
import { replace } from './mutate-bytes.ts'
import type { Random } from './random.ts'

/** A length-delimited field of a body that may be protobuf. */
interface Field {
  /** Where its tag, its length and its content begin, and where it ends. */
  readonly tag: number
  readonly length: number
  readonly start: number
  readonly end: number
  readonly parent: Field | undefined
}

const EXTREMES: readonly Buffer[] = [
  '00',
  '7f',
  '8000',
  'ffffffff07',
  'ffffffff0f',
  'ffffffffffffffff7f',
  'ffffffffffffffffff01',
  'ffffffffffffffffffff01',
  '80808080808080808000',
  '808080808080808080808000',
].map((hex) => Buffer.from(hex, 'hex'))

/** One mutation at a field of a protobuf body: its length, its number of times, its content, how deep it nests. */
export function mutateProtobuf(body: Buffer, random: Random): Buffer {
  const field = pickField(body, random)
  if (field === undefined)
    return Buffer.concat([body, Buffer.from([random.below(256)]), random.oneOf(EXTREMES)])
  const content = body.subarray(field.start, field.end)
  switch (random.below(6)) {
    case 0:
      return replace(body, field.length, field.start, random.oneOf(EXTREMES))
    case 1:
      return replace(
        body,
        field.length,
        field.start,
        varint(Math.max(0, content.length + random.below(9) - 4)),
      )
    case 2:
      return rebuild(body, field, [body.subarray(field.tag, field.end), random.below(4)])
    case 3:
      return rebuild(body, field, [body.subarray(field.tag, field.end), random.powerOf(10, 6)])
    case 4:
      return rebuild(body, field, [nested(tagOf(body, field), content, random.powerOf(2, 14)), 1])
    default:
      return rebuild(body, field, [
        Buffer.concat([
          tagOf(body, field),
          varint(content.length + 1),
          content,
          Buffer.from([random.below(256)]),
        ]),
        1,
      ])
  }
}

/** Repeated fields may fill this much. */
const MAX_REPEATED = 512 * 1024

/** The body with the field replaced by some copies of `by`; the lengths of all that encloses it stay right. */
function rebuild(body: Buffer, field: Field, [by, times]: readonly [Buffer, number]): Buffer {
  const copies = Math.min(times, Math.ceil(MAX_REPEATED / (by.length + 1)))
  let bytes = Buffer.concat(Array.from({ length: copies }, () => by))
  let inner = field
  for (let outer = field.parent; outer !== undefined; outer = outer.parent) {
    const content = [body.subarray(outer.start, inner.tag), bytes, body.subarray(inner.end, outer.end)]
    const size = content.reduce((sum, { length }) => sum + length, 0)
    bytes = Buffer.concat([tagOf(body, outer), varint(size), ...content])
    inner = outer
  }
  return replace(body, inner.tag, inner.end, bytes)
}

/** Arrays in arrays (common.proto: AnyValue, ArrayValue), as the value of an attribute and as any other field. */
function nested(tag: Buffer, content: Buffer, depth: number): Buffer {
  const ARRAY_OF = 0x2a
  const VALUE_OF = 0x0a
  const heads: Buffer[] = []
  let size = content.length
  for (let level = 0; level < depth * 2; level++) {
    const head = Buffer.concat([Buffer.from([level % 2 === 0 ? VALUE_OF : ARRAY_OF]), varint(size)])
    heads.push(head)
    size += head.length
  }
  return Buffer.concat([tag, varint(size), ...heads.reverse(), content])
}

/** Goes down from the body into a random field, a random number of levels. */
function pickField(body: Buffer, random: Random): Field | undefined {
  let picked: Field | undefined
  for (let level = 1 + random.below(8); level > 0; level--) {
    const fields = fieldsIn(body, picked)
    if (fields.length === 0) break
    picked = random.oneOf(fields)
  }
  return picked
}

/** The length-delimited fields of a message, none where it does not look like one. */
function fieldsIn(body: Buffer, parent: Field | undefined): Field[] {
  const fields: Field[] = []
  const end = parent?.end ?? body.length
  let at = parent?.start ?? 0
  while (at < end) {
    const tag = at
    at = pastVarint(body, at, end)
    const wire = body[tag]! & 7
    if (wire === 0) at = pastVarint(body, at, end)
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else if (wire === 2) {
      const length = at
      const start = pastVarint(body, at, end)
      at = start + smallVarint(body, length, start)
      if (at > end) return fields
      fields.push({ tag, length, start, end: at, parent })
    } else return fields
  }
  return fields
}

function pastVarint(body: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && body[at]! >= 0x80) at += 1
  return at + 1
}

function smallVarint(body: Buffer, from: number, end: number): number {
  let value = 0
  for (let at = Math.min(end, from + 6) - 1; at >= from; at--) value = value * 128 + (body[at]! & 0x7f)
  return value
}

function tagOf(body: Buffer, field: Field): Buffer {
  return body.subarray(field.tag, field.length)
}
