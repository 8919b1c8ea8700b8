import type { WireWriter } from '../wire-writer.ts'
import { BACKSLASH, HEX, LETTER_U } from './scanner.ts'

/** By letter behind a backslash: the byte that it means. */
const MEANING: Uint8Array = Uint8Array.from({ length: 256 }, (_, letter) => letter)
for (const [letter, meaning] of ['b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  MEANING[letter!.charCodeAt(0)] = meaning!.charCodeAt(0)
}

/** Appends the text between two positions with its escapes resolved; they were checked before. */
export function unescapeTo(writer: WireWriter, source: Buffer, start: number, end: number): void {
  // An escape is never shorter than what it means.
  writer.reserve(end - start)
  const { bytes } = writer
  let to = writer.length
  let at = start
  while (at < end) {
    const byte = source[at++]!
    if (byte !== BACKSLASH) {
      bytes[to++] = byte
      continue
    }
    const letter = source[at++]!
    if (letter !== LETTER_U) {
      bytes[to++] = MEANING[letter]!
      continue
    }
    let unit = hexAt(source, at)
    at += 4
    if (unit >= 0xd800 && unit < 0xdc00 && source[at] === BACKSLASH && source[at + 1] === LETTER_U) {
      const low = hexAt(source, at + 2)
      if (low >= 0xdc00 && low < 0xe000) {
        unit = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
        at += 6
      }
    }
    to = putCodePoint(bytes, to, unit)
  }
  writer.length = to
}

function hexAt(source: Buffer, at: number): number {
  return (
    (HEX[source[at]!]! << 12) |
    (HEX[source[at + 1]!]! << 8) |
    (HEX[source[at + 2]!]! << 4) |
    HEX[source[at + 3]!]!
  )
}

/** Half of a surrogate pair has no UTF-8: U+FFFD stands in. */
function putCodePoint(bytes: Buffer, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at] = code
    return at + 1
  }
  if (code < 0x800) {
    bytes[at] = 0xc0 | (code >>> 6)
    bytes[at + 1] = 0x80 | (code & 0x3f)
    return at + 2
  }
  if (code < 0x1_0000) {
    const whole = code >= 0xd800 && code < 0xe000 ? 0xfffd : code
    bytes[at] = 0xe0 | (whole >>> 12)
    bytes[at + 1] = 0x80 | ((whole >>> 6) & 0x3f)
    bytes[at + 2] = 0x80 | (whole & 0x3f)
    return at + 3
  }
  bytes[at] = 0xf0 | (code >>> 18)
  bytes[at + 1] = 0x80 | ((code >>> 12) & 0x3f)
  bytes[at + 2] = 0x80 | ((code >>> 6) & 0x3f)
  bytes[at + 3] = 0x80 | (code & 0x3f)
  return at + 4
}
