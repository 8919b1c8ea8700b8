import { gzipSync } from 'node:zlib'
import type { Encoder } from './encoder.ts'
import { writeHex } from './hex.ts'
import { noiseWord, spanWord, traceWord } from './identity.ts'
import { JSON_TEXT } from './json.ts'
import type { Piece, Place } from './piece.ts'
import { PROTOBUF } from './protobuf.ts'
import { SHAPES, type ShapeName, SPANS_PER_TRACE, type SpanShape } from './shape.ts'

export type Encoding = 'protobuf' | 'json'

const ENCODERS: Readonly<Record<Encoding, Encoder>> = { protobuf: PROTOBUF, json: JSON_TEXT }
/** Spans begin so long before they are sent: the longest trace has ended by then. */
const AGE_SECONDS = 2
const USERS = 5000
const TRACES_PER_SESSION = 5

/** A request that is encoded once; ids, times and what else differs from span to span are patched in place. */
export class Template {
  readonly encoder: Encoder
  readonly piece: Piece
  readonly spans: readonly SpanShape[]
  /** Position of its first span within its trace. */
  readonly position: number

  constructor(shape: ShapeName, encoding: Encoding, batch: number, position: number) {
    this.encoder = ENCODERS[encoding]
    this.position = position
    this.spans = Array.from(
      { length: batch },
      (_, at) => SHAPES[shape].spans[(position + at) % SPANS_PER_TRACE]!,
    )
    this.piece = this.encoder.request(
      SHAPES[shape],
      this.spans.map((span, at) => this.encoder.span(span, at)),
    )
  }
}

/** One HTTP request at a time: its head and body in one buffer. */
export class Request {
  readonly message: Buffer
  readonly #template: Template
  readonly #host: string
  readonly #body: number
  #seconds = 0
  #nanoseconds = 0

  constructor(template: Template, host: string) {
    this.#template = template
    this.#host = host
    const { bytes } = template.piece
    const head = headOf(host, template.encoder.contentType, bytes.length)
    this.#body = head.length
    this.message = Buffer.concat([head, bytes])
  }

  /** The same request with its body compressed, as it is now. */
  gzipped(): Buffer {
    const body = gzipSync(this.message.subarray(this.#body), { level: 1 })
    return Buffer.concat([headOf(this.#host, this.#template.encoder.contentType, body.length, true), body])
  }

  /**
   * Gives every span the ids of its number and the time of now.
   * @param first number of the first span, at the template's position within its trace
   */
  patch(first: number): void {
    const now = Date.now()
    this.#seconds = Math.floor(now / 1000) - AGE_SECONDS
    this.#nanoseconds = (now % 1000) * 1e6
    this.#template.piece.places.forEach((place, salt) => {
      this.#write(place, first + place.span, salt)
    })
  }

  #write({ variable, span: index, at: inBody }: Place, span: number, salt: number): void {
    const at = inBody + this.#body
    const trace = Math.floor(span / SPANS_PER_TRACE)
    const shape = this.#template.spans[index]!
    switch (variable) {
      case 'traceId':
        this.#writeId(at, 4, traceWord, trace)
        break
      case 'spanId':
        this.#writeId(at, 2, spanWord, span)
        break
      case 'parentId':
        this.#writeId(at, 2, spanWord, trace * SPANS_PER_TRACE + shape.parent)
        break
      case 'start':
        this.#writeTime(at, span, shape.startMs * 1e6)
        break
      case 'end':
        this.#writeTime(at, span, (shape.startMs + shape.durationMs) * 1e6 + excess(shape, span))
        break
      case 'number':
        this.#template.encoder.writeNumber(this.message, at, 1000 + (noiseWord(span, salt) % 9000))
        break
      case 'run':
        for (let word = 0; word < 4; word++) writeHex(this.message, at + word * 8, traceWord(trace, word))
        break
      case 'session':
        writeHex(this.message, at, noiseWord(Math.floor(trace / TRACES_PER_SESSION), 3))
        break
      case 'user':
        writeHex(this.message, at, noiseWord(trace % USERS, 4))
        break
      case 'noise':
        writeHex(this.message, at, noiseWord(span, salt))
        break
    }
  }

  #writeId(at: number, words: number, wordOf: (of: number, word: number) => number, of: number): void {
    const { encoder } = this.#template
    for (let word = 0; word < words; word++) {
      encoder.writeId(this.message, at + word * encoder.idWidth, wordOf(of, word))
    }
  }

  /** @param offset nanoseconds after the trace's start */
  #writeTime(at: number, span: number, offset: number): void {
    const nanoseconds = this.#nanoseconds + offset + (noiseWord(span, 1) % 1_000_000)
    const carry = Math.floor(nanoseconds / 1e9)
    this.#template.encoder.writeTime(this.message, at, this.#seconds + carry, nanoseconds - carry * 1e9)
  }
}

/** Nanoseconds by which a span takes longer than its shape says: roots differ, and end after all others. */
function excess({ parent }: SpanShape, span: number): number {
  return parent < 0 ? 2_000_000 + (noiseWord(span, 2) % 300_000_000) : 0
}

function headOf(host: string, contentType: string, length: number, gzip: boolean = false): Buffer {
  return Buffer.from(
    `POST /v1/traces HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${contentType}\r\n` +
      `${gzip ? 'content-encoding: gzip\r\n' : ''}content-length: ${length}\r\n\r\n`,
  )
}
