import { viewOf } from '../../native/view.ts'
import { startsWith } from '../key-table.ts'
import { lengthBytesOf } from '../wire-writer.ts'
import type { JsonScalars } from './scalars.ts'
import { CLOSE_OBJECT, endOfRun, LETTER_N, QUOTE, SPACE } from './scanner.ts'

const ATTRIBUTE_HEAD = viewOf(Buffer.from('{"key":"'))
const VALUE_HEAD = viewOf(Buffer.from('","value":{"'))
const STRING_HEAD = viewOf(Buffer.from('stringValue":'))
const INT_HEAD = viewOf(Buffer.from('intValue":'))

/**
 * Attributes are most of a request, and nearly all look like `{"key":"k","value":{"stringValue":"v"}}`, or have an
 * `intValue`, without white space: such a one is written as it is read.
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
  const isText = startsWith(view, memberAt, STRING_HEAD)
  if (!isText && !startsWith(view, memberAt, INT_HEAD)) return false
  const start = memberAt + (isText ? STRING_HEAD : INT_HEAD).byteLength
  if (bytes[start] === LETTER_N || bytes[start]! <= SPACE) return false
  const end = isText ? endOfRun(bytes, start + 1) : start
  const before = writer.length
  const lengthBytes = lengthBytesOf(end - pos)
  const mark = writer.open(field, lengthBytes)
  writer.range(1, bytes, keyStart, keyEnd)
  const valueMark = writer.open(2, lengthBytes)
  if (isText && bytes[start] === QUOTE && bytes[end] === QUOTE) {
    writer.range(1, bytes, start + 1, end)
    scanner.pos = end + 1
  } else {
    scanner.pos = start
    if (isText) scalars.text(1, true)
    else scalars.int(3)
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
