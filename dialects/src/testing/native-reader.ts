/** Reads the Native format, independent of the code that writes it. 64-bit values come as bigint, ids as hex. */
export function readNative(bytes: Buffer): Record<string, unknown>[] {
  const reader = new NativeReader(bytes)
  const rows: Record<string, unknown>[] = []
  while (!reader.atEnd) rows.push(...readBlock(reader))
  return rows
}

function readBlock(reader: NativeReader): Record<string, unknown>[] {
  const columns = reader.varint()
  const count = reader.varint()
  const rows: Record<string, unknown>[] = Array.from({ length: count }, () => ({}))
  for (let column = 0; column < columns; column++) {
    const name = reader.text()
    const values = reader.column(reader.text(), count)
    for (const [at, row] of rows.entries()) row[name] = values[at]
  }
  return rows
}

class NativeReader {
  readonly #bytes: Buffer
  #pos = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#pos >= this.#bytes.length
  }

  varint(): number {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.#pos++)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  text(): string {
    return this.#take(this.varint()).toString()
  }

  column(type: string, count: number): unknown[] {
    if (type === 'LowCardinality(String)') {
      this.#version()
      return this.#dictionary(count)
    }
    if (type === 'Map(LowCardinality(String), String)') {
      this.#version()
      return this.#slices(count, (total) => {
        const keys = this.#dictionary(total)
        const values = this.column('String', total)
        return keys.map((key, at) => [key, values[at]])
      })
    }
    return Array.from({ length: count }, () => this.#scalar(type))
  }

  #version(): void {
    const version = this.#scalar('UInt64')
    if (version !== 1n) throw new TypeError(`LowCardinality of version ${version} is not read here`)
  }

  #dictionary(count: number): unknown[] {
    if (count === 0) return []
    const flags = Number(this.#scalar('UInt64'))
    const texts = this.column('String', Number(this.#scalar('UInt64')))
    const rows = Number(this.#scalar('UInt64'))
    const width = ['UInt8', 'UInt16', 'UInt32'][flags & 0xff]
    if (flags >> 8 !== 6 || width === undefined || rows !== count)
      throw new TypeError(`flags ${flags}, ${rows} of ${count} rows`)
    return Array.from({ length: count }, () => {
      const index = this.#scalar(width) as number
      if (index >= texts.length) throw new RangeError(`index ${index} of ${texts.length} texts`)
      return texts[index]
    })
  }

  #slices(count: number, read: (total: number) => unknown[]): unknown[] {
    const ends = Array.from({ length: count }, () => Number(this.#scalar('UInt64')))
    const items = read(ends.at(-1) ?? 0)
    return ends.map((end, at) => items.slice(ends[at - 1] ?? 0, end))
  }

  #scalar(type: string): unknown {
    const size = /^FixedString\((\d+)\)$/.exec(type)
    if (size) return this.#take(Number(size[1])).toString('hex')
    if (type === 'String') return this.text()
    if (type === 'UInt8') return this.#take(1).readUInt8()
    if (type === 'UInt16') return this.#take(2).readUInt16LE()
    if (type === 'UInt32') return this.#take(4).readUInt32LE()
    if (type === 'Int32') return this.#take(4).readInt32LE()
    if (type === 'UInt64') return this.#take(8).readBigUInt64LE()
    if (type === 'Float64') return this.#take(8).readDoubleLE()
    if (type === "DateTime64(9, 'UTC')") return this.#take(8).readBigInt64LE()
    throw new TypeError(`${type} is not read here`)
  }

  #take(size: number): Buffer {
    const taken = this.#bytes.subarray(this.#pos, this.#pos + size)
    this.#pos += size
    if (taken.length !== size) throw new RangeError(`the block ends within a value at byte ${this.#pos}`)
    return taken
  }
}
