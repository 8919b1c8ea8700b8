import type { Resolver } from '../dialects/resolver.ts'
import type { DictionaryColumn } from '../native/dictionary-column.ts'
import type { TextColumn } from '../native/text-column.ts'
import { STRING } from '../otlp/attributes.ts'
import type { SpanView } from '../otlp/span.ts'

/** Writes the text of a field; copies the bytes where it is an attribute's text as it came. */
export function writeField(
  column: TextColumn | DictionaryColumn,
  row: number,
  bytes: Buffer,
  { attributes }: SpanView,
  resolver: Resolver,
  field: number,
): void {
  const at = resolver.source[field]!
  if (at >= 0 && attributes.type[at] === STRING)
    column.utf8(row, bytes, attributes.valueStart[at]!, attributes.valueEnd[at]!)
  else column.text(row, resolver.text(field))
}
