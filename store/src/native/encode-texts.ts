/** A LowCardinality column begins with the version of its serialization, which comes before the ends of arrays. */
export const VERSION: Uint8Array = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])

/** The dictionary is the block's own (0x200, 0x400); its indexes have 32 bits. */
const INDEXES_OF_32_BITS = Buffer.from([2, 6, 0, 0, 0, 0, 0, 0])

export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Uint8Array.from([...bytes, rest])
}

/** Texts with their lengths before them. What is no Unicode becomes U+FFFD, in the length as in the bytes. */
export function encodeTexts(texts: readonly string[]): Uint8Array {
  let bytes = Buffer.allocUnsafe(16 * texts.length + 64)
  let at = 0
  for (const text of texts) {
    const most = 3 * text.length + 10
    if (at + most > bytes.length) bytes = Buffer.concat([bytes.subarray(0, at)], 2 * (at + most))
    const end = writeAscii(bytes, at, text)
    at = end >= 0 ? end : writeText(bytes, at, text)
  }
  return bytes.subarray(0, at)
}

const SHORT = 64

/** Most texts are short and plain: they are written here, without a call of their own. -1: this one is not. */
function writeAscii(bytes: Buffer, start: number, text: string): number {
  if (text.length > SHORT) return -1
  bytes[start] = text.length
  for (let nth = 0, at = start + 1; nth < text.length; nth++) {
    const code = text.charCodeAt(nth)
    if (code > 0x7f) return -1
    bytes[at++] = code
  }
  return start + 1 + text.length
}

function writeText(bytes: Buffer, start: number, text: string): number {
  const length = encodeVarint(Buffer.byteLength(text))
  bytes.set(length, start)
  return start + length.length + bytes.write(text, start + length.length)
}

/** A dictionary of the different texts, and for each row its number. */
export function encodeDictionary(texts: readonly string[]): Uint8Array[] {
  if (texts.length === 0) return []
  const numbers = new Map<string, number>([['', 0]])
  const indexes = new Uint32Array(texts.length)
  let [last, number] = ['', 0]
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at]!
    if (text !== last) {
      number = numbers.get(text) ?? numbers.size
      if (number === numbers.size) numbers.set(text, number)
      last = text
    }
    indexes[at] = number
  }
  const words = encodeTexts([...numbers.keys()])
  return [INDEXES_OF_32_BITS, count(numbers.size), words, count(texts.length), new Uint8Array(indexes.buffer)]
}

function count(value: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(value)
  return bytes
}

/** By the code of a hex digit, its value. */
const DIGITS = new Uint8Array(128)
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value

/** Lower-case hex digits as bytes; a text that is too short ends in zero bytes. */
export function encodeIds(bytes: number, ids: readonly string[]): Uint8Array {
  const encoded = new Uint8Array(bytes * ids.length)
  ids.forEach((id, row) => {
    const end = Math.min(id.length, 2 * bytes)
    for (let nth = 0, at = row * bytes; nth < end; nth += 2)
      encoded[at++] = (DIGITS[id.charCodeAt(nth)]! << 4) | DIGITS[id.charCodeAt(nth + 1)]!
  })
  return encoded
}
