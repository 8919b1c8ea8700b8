import { Scratch } from '../../native/scratch.ts'
import { beginRequest, checkValueDepth, countMessages, DecodeError, MAX_VALUE_DEPTH } from '../limits.ts'
import type { WireWriter } from '../wire-writer.ts'
import { FieldConverter } from './fields.ts'
import { CLOSE_LIST, CLOSE_OBJECT, kindOfValue, LETTER_N, OPEN_LIST, OPEN_OBJECT } from './scanner.ts'
import { KEY_VALUE, LIST, MAX_MEMBERS, MESSAGE, type Member, REQUEST, type Shape, VALUE } from './shapes.ts'

const REQUEST_FORM = '{"resourceSpans":[{"scopeSpans":[{"spans":[...]}]}]}'
/** Characters of an unknown name that an error repeats. */
const MAX_NAME = 100

/** A level per message: those down to an event's attribute, then at most three for each array or list. */
const LEVELS = 8 + 3 * MAX_VALUE_DEPTH
/** By level and member, where in the output its field begins and ends. A conversion never waits, so all share these. */
const fieldStart = new Int32Array(LEVELS * MAX_MEMBERS)
const fieldEnd = new Int32Array(LEVELS * MAX_MEMBERS)

/**
 * OTLP/JSON to the OTLP/protobuf that means the same, so that one walk serves both encodings; in one pass, without
 * building what the JSON says. Lenient where senders differ (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding):
 * 64-bit integers as numbers or text, ids in either case, `trace_id` for `traceId`, null for absent, unknown members; of
 * a member that comes twice, the last one stays. What has no spans, but members that nobody knows in their place, is
 * refused: it would be answered with success, and nothing of it stored.
 * @param scratch the result is in
 * @throws DecodeError where it is not JSON, or not of the shape of a trace request
 * @throws OversizeError where it has too many messages
 */
export function protobufOfJson(body: Buffer, scratch: Scratch = new Scratch()): Buffer {
  beginRequest()
  return new Conversion(body, scratch).request()
}

class Conversion {
  readonly #fields: FieldConverter
  readonly #writer: WireWriter
  /** How many arrays and lists enclose the value. */
  #depth = 0
  /** The first value that is not of its shape. It is no error where a later member of the same name replaces it. */
  #misshapen = ''

  constructor(body: Buffer, scratch: Scratch) {
    this.#fields = new FieldConverter(body, scratch)
    this.#writer = this.#fields.writer
  }

  request(): Buffer {
    const { scanner } = this.#fields
    scanner.skipByteOrderMark()
    const fits = this.#opens(OPEN_OBJECT, 'the body') && this.#object(REQUEST, 0)
    scanner.expectEnd()
    if (!fits) throw new DecodeError(this.#misshapen)
    return this.#writer.finish()
  }

  /** The members of an object whose opening bracket was passed. @returns whether all have their shape */
  #object(shape: Shape, level: number): boolean {
    const { scanner } = this.#fields
    const base = level * MAX_MEMBERS
    // Bits by member.
    let set = 0
    let wrong = 0
    let guess = 0
    let stranger: string | undefined
    if (scanner.peek() === CLOSE_OBJECT) {
      scanner.pos += 1
      return true
    }
    do {
      const number = this.#fields.memberOf(shape, guess)
      if (number < 0) {
        if (shape.carrierBits !== 0) stranger ??= this.#stranger()
        scanner.skip()
        continue
      }
      guess = number + 1
      const bit = 1 << number
      if ((set & bit) !== 0) {
        this.#forget(base, number, set)
        set &= ~bit
        wrong &= ~bit
      }
      if (scanner.peek() === LETTER_N) {
        scanner.word()
        continue
      }
      set |= bit
      fieldStart[base + number] = this.#writer.length
      if (!this.#field(shape.members[number]!, level)) wrong |= bit
      fieldEnd[base + number] = this.#writer.length
    } while (scanner.another(CLOSE_OBJECT))
    if (shape.isChoice && (set & (set - 1)) !== 0) {
      this.#choose(base, set)
      wrong &= set & -set
    }
    if (stranger !== undefined && (set & shape.carrierBits) === 0) {
      this.#misshapen ||= `${JSON.stringify(stranger)} is unknown and ${shape.carriers[0]} is missing, expected ${REQUEST_FORM}`
      return false
    }
    return wrong === 0
  }

  /** The name of the unknown member that was just passed over, where it may hold what another name was expected for. */
  #stranger(): string | undefined {
    const { scanner } = this.#fields
    const name = scanner.string()
    const first = scanner.peek()
    return first === OPEN_OBJECT || first === OPEN_LIST ? name.slice(0, MAX_NAME) : undefined
  }

  #field(member: Member, level: number): boolean {
    if (member.type === MESSAGE) return this.#message(member, level)
    if (member.type === LIST) return this.#list(member, level)
    this.#fields.write(member)
    return true
  }

  #message({ field, shape, what }: Member, level: number): boolean {
    if (!this.#opens(OPEN_OBJECT, what)) return false
    const nests = Number(shape!.nests)
    this.#depth += nests
    const fits = this.#nested(field, shape!, level + 1)
    this.#depth -= nests
    return fits
  }

  #list({ field, shape, what }: Member, level: number): boolean {
    const { scanner } = this.#fields
    if (!this.#opens(OPEN_LIST, what)) return false
    if (scanner.peek() === CLOSE_LIST) {
      scanner.pos += 1
      return true
    }
    let fit = true
    do {
      countMessages(1)
      if (shape === KEY_VALUE && this.#depth === 0 && this.#fields.takeUsualAttribute(field)) continue
      if (scanner.peek() === LETTER_N) {
        scanner.word()
        // An array keeps the places of its items.
        if (shape === VALUE) this.#writer.close(this.#writer.open(field))
      } else if (!this.#opens(OPEN_OBJECT, what, '[]') || !this.#nested(field, shape!, level + 1)) fit = false
    } while (scanner.another(CLOSE_LIST))
    return fit
  }

  #nested(field: number, shape: Shape, level: number): boolean {
    if (shape === VALUE) checkValueDepth(this.#depth)
    // Padding the length of what may be large is cheaper than moving its content, once per level.
    const lengthBytes = this.#depth > 0 ? 5 : shape.lengthBytes
    const mark = this.#writer.open(field, lengthBytes)
    const fits = this.#object(shape, level)
    this.#writer.close(mark, lengthBytes)
    return fits
  }

  /** Passes over the opening bracket, or over a whole value that does not begin with it. */
  #opens(bracket: number, what: string, items = ''): boolean {
    const { scanner } = this.#fields
    const first = scanner.peek()
    if (first === bracket) {
      scanner.pos += 1
      return true
    }
    scanner.skip()
    const expected = bracket === OPEN_OBJECT ? 'an object' : 'an array'
    this.#misshapen ||= `${what}${items} is ${kindOfValue(first)}, expected ${expected}`
    return false
  }

  /** Takes a member out again that comes a second time. */
  #forget(base: number, number: number, set: number): void {
    const start = fieldStart[base + number]!
    const end = fieldEnd[base + number]!
    this.#writer.remove(start, end)
    for (let other = 0; other < MAX_MEMBERS; other++) {
      if ((set & (1 << other)) === 0 || fieldStart[base + other]! < end) continue
      fieldStart[base + other]! -= end - start
      fieldEnd[base + other]! -= end - start
    }
  }

  /** Leaves the first of the members that are set, and nothing else. */
  #choose(base: number, set: number): void {
    const chosen = 31 - Math.clz32(set & -set)
    for (let other = chosen + 1; other < MAX_MEMBERS; other++)
      if ((set & (1 << other)) !== 0) this.#forget(base, other, set)
  }
}
