import type { JsonScalars } from './json-scalars.ts'
import { CLOSE_OBJECT, endOfRun, LETTER_N, QUOTE } from './json-scanner.ts'
import { startsWith, viewOf } from './key-table.ts'
import { lengthBytesOf } from './wire-writer.ts'

const ATTRIBUTE_HEAD = viewOf(Buffer.from('{"key":"'))
const VALUE_HEAD = viewOf(Buffer.from('","value":{"'))
const STRING_HEAD = viewOf(Buffer.from('stringValue":"'))
const INT_HEAD = viewOf(Buffer.from('intValue":'))

/**
 * Attributes are most of a request, and nearly all look like `{"key":"k","value":{"stringValue":"v"}}`, or have an
 * `intValue`, without white space and escapes: such a one is written as it is read.
 * @returns false where the next item looks otherwise; then nothing was read or written
 */
export function takeUsualAttribute(scalars: JsonScalars, field: number): boolean {
  const { scanner, writer, view } = scalars
  const { bytes, pos } = scanner
  if (!startsWith(view, pos, ATTRIBUTE_HEAD)) return false
  const keyStart = pos + ATTRIBUTE_HEAD.byteLength
  const keyEnd = endOfRun(bytes, keyStart)
  if (keyStart === keyEnd || !startsWith(view, keyEnd, VALUE_HEAD)) return false
  const memberAt = keyEnd + VALUE_HEAD.byteLength
  const start = memberAt + STRING_HEAD.byteLength
  const isText = startsWith(view, memberAt, STRING_HEAD)
  if (!isText && !startsWith(view, memberAt, INT_HEAD)) return false
  const end = isText ? endOfRun(bytes, start) : memberAt
  if (isText && bytes[end] !== QUOTE) return false
  if (!isText && bytes[memberAt + INT_HEAD.byteLength] === LETTER_N) return false
  const before = writer.length
  const lengthBytes = lengthBytesOf(end - pos)
  const mark = writer.open(field, lengthBytes)
  writer.range(1, bytes, keyStart, keyEnd)
  const valueMark = writer.open(2, lengthBytes)
  if (isText) {
    writer.range(1, bytes, start, end)
    scanner.pos = end + 1
  } else {
    scanner.pos = memberAt + INT_HEAD.byteLength
    scalars.int(3)
  }
  if (!scanner.takeBoth(CLOSE_OBJECT)) {
    scanner.pos = pos
    writer.length = before
    return false
  }
  writer.close(valueMark, lengthBytes)
  writer.close(mark, lengthBytes)
  return true
}
