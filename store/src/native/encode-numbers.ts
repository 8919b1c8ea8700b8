const TWO_32 = 2 ** 32

/**
 * Numbers as the format has them; all machines that this runs on store them with the lowest byte first, as it does.
 * @throws Error at a type that is not written here
 */
export function encodeNumbers(type: string, values: readonly (number | bigint)[]): Uint8Array {
  if (type === 'UInt64' || type === 'Int64' || type.startsWith('DateTime64')) return encodeLongs(values)
  const numbers = createNumbers(type, values.length)
  for (let at = 0; at < values.length; at++) numbers[at] = values[at] as number
  return new Uint8Array(numbers.buffer)
}

function createNumbers(type: string, length: number): Uint8Array | Uint32Array | Int32Array | Float64Array {
  if (type === 'UInt8') return new Uint8Array(length)
  if (type === 'UInt32') return new Uint32Array(length)
  if (type === 'Int32') return new Int32Array(length)
  if (type === 'Float64') return new Float64Array(length)
  throw new Error(`cannot write a column of the type ${type}`)
}

/** 64-bit integers may come as numbers, which are exact up to 2^53, or as bigints. */
function encodeLongs(values: readonly (number | bigint)[]): Uint8Array {
  const words = new Uint32Array(2 * values.length)
  const longs = new BigInt64Array(words.buffer)
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!
    if (typeof value === 'bigint') longs[at] = value
    else if (value < 0) longs[at] = BigInt(Math.trunc(value))
    else {
      words[2 * at] = value % TWO_32
      words[2 * at + 1] = value / TWO_32
    }
  }
  return new Uint8Array(words.buffer)
}
