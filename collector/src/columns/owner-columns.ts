import type { OwnerView } from '../decode/request.ts'
import type { Block } from '../native/block.ts'
import { ByteBuffer } from '../native/byte-buffer.ts'
import { writeAttributes } from './attribute-writer.ts'

/**
 * The columns that say the same for all spans of a resource or scope: encoded once, copied per span.
 */
export class OwnerColumns {
  readonly #pieces: readonly { readonly from: ByteBuffer; readonly to: ByteBuffer }[]
  readonly #encoded = { keys: new ByteBuffer(), values: new ByteBuffer(), types: new ByteBuffer() }
  readonly #name = new ByteBuffer(64)
  readonly #version = new ByteBuffer(64)
  readonly #schemaUrl = new ByteBuffer(64)
  readonly #map: ReturnType<Block['map']>
  readonly #dropped: ByteBuffer
  #count = 0
  #droppedCount = 0

  constructor(block: Block, owner: 'resource' | 'scope') {
    this.#map = block.map(`${owner}_attributes`)
    this.#dropped = block.plain(`${owner}_dropped_attributes`)
    const pieces = [
      { from: this.#encoded.keys, to: this.#map.keys },
      { from: this.#encoded.values, to: this.#map.values },
      { from: this.#encoded.types, to: block.plain(`${owner}_attribute_types`) },
      { from: this.#schemaUrl, to: block.plain(`${owner}_schema_url`) },
    ]
    if (owner === 'scope') {
      pieces.push({ from: this.#name, to: block.plain('scope_name') })
      pieces.push({ from: this.#version, to: block.plain('scope_version') })
    }
    this.#pieces = pieces
  }

  /** Bytes that every row of this owner takes. */
  get size(): number {
    return this.#pieces.reduce((size, { from }) => size + from.length, 0)
  }

  encode(bytes: Buffer, view: OwnerView): void {
    for (const { from } of this.#pieces) from.clear()
    this.#count = writeAttributes(bytes, view.attributes, this.#encoded)
    this.#droppedCount = view.droppedAttributes
    this.#schemaUrl.utf8(bytes, view.schemaUrlStart, view.schemaUrlEnd)
    this.#name.utf8(bytes, view.nameStart, view.nameEnd)
    this.#version.utf8(bytes, view.versionStart, view.versionEnd)
  }

  writeRow(): void {
    this.#map.offsets.push(this.#count)
    this.#dropped.uint32(this.#droppedCount)
    for (const { from, to } of this.#pieces) to.copy(from.bytes, 0, from.length)
  }
}
