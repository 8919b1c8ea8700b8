import { BYTES, FIXED64, VARINT, WireReader } from '@weir/dialects'

type Shape = { readonly [field: number]: Shape }

const VALUE: Shape = {}
const ATTRIBUTE: Shape = { 2: VALUE }
Object.assign(VALUE, { 5: { 1: VALUE }, 6: { 1: ATTRIBUTE } })
const SPAN: Shape = { 9: ATTRIBUTE, 11: { 3: ATTRIBUTE }, 13: { 4: ATTRIBUTE }, 15: {} }
const SCOPE_SPANS: Shape = { 1: { 3: ATTRIBUTE }, 2: SPAN }
const REQUEST: Shape = { 1: { 1: { 1: ATTRIBUTE }, 2: SCOPE_SPANS } }

/** A field of a message: its number and its value, a nested message or what it is in hex. */
export type TreeField = readonly [field: number, value: string | readonly TreeField[]]

/**
 * All fields of an ExportTraceServiceRequest in wire order: what two requests have to agree in to mean the same, however
 * their lengths are written.
 */
export function requestTree(request: Buffer): readonly TreeField[] {
  return treeOf(request, REQUEST)
}

function treeOf(bytes: Buffer, shape: Shape): readonly TreeField[] {
  const reader = new WireReader(bytes)
  const fields: TreeField[] = []
  while (reader.next()) {
    const { field, wire } = reader
    if (wire === BYTES) {
      const end = reader.delimited()
      const value = bytes.subarray(reader.pos, end)
      reader.pos = end
      const nested = shape[field]
      fields.push([field, nested === undefined ? value.toString('hex') : treeOf(value, nested)])
      continue
    }
    const start = reader.pos
    reader.skip()
    const name = wire === VARINT ? 'varint' : wire === FIXED64 ? 'fixed64' : 'other'
    fields.push([field, `${name} ${bytes.toString('hex', start, reader.pos)}`])
  }
  return fields
}
