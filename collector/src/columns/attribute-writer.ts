import { attributeText } from '../decode/any-value.ts'
import { type AttributeList, STRING } from '../decode/attributes.ts'
import type { ByteBuffer } from '../native/byte-buffer.ts'

/**
 * Writes attributes as a row of a Map column: keys, values as text, and one letter per entry for its type.
 * @param moved positions of attributes that became a column of their own, -1: none
 */
export function writeAttributes(
  bytes: Buffer,
  attributes: AttributeList,
  to: { readonly keys: ByteBuffer; readonly values: ByteBuffer; readonly types: ByteBuffer },
  movedInput = -1,
  movedOutput = -1,
): number {
  const { count, keyStart, keyEnd, type, valueStart, valueEnd } = attributes
  const written = count - Number(movedInput >= 0) - Number(movedOutput >= 0)
  to.types.varint(written)
  for (let at = 0; at < count; at++) {
    if (at === movedInput || at === movedOutput) continue
    to.keys.utf8(bytes, keyStart[at]!, keyEnd[at]!)
    if (type[at] === STRING) to.values.utf8(bytes, valueStart[at]!, valueEnd[at]!)
    else to.values.text(attributeText(bytes, attributes, at))
    to.types.byte(type[at]!)
  }
  return written
}
