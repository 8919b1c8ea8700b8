type Field = readonly [number: number, value: Buffer | string | bigint]

/** Fields that no specification knows, one of each wire type: varint, 64 bits, bytes, 32 bits. */
const UNKNOWN = Buffer.concat([
  varint((1000n << 3n) | 0n),
  varint(2n ** 63n),
  varint((1001n << 3n) | 1n),
  Buffer.alloc(8, 0xff),
  varint((1002n << 3n) | 2n),
  varint(3n),
  Buffer.from('???'),
  varint((1003n << 3n) | 5n),
  Buffer.alloc(4, 0xff),
])

/** A protobuf message with unknown fields before and after its own; bigints are fixed64. */
export function messageWithUnknownFields(...fields: readonly Field[]): Buffer {
  return Buffer.concat([UNKNOWN, ...fields.map(fieldOf), UNKNOWN])
}

function fieldOf([number, value]: Field): Buffer {
  if (typeof value === 'bigint') {
    const fixed = Buffer.alloc(8)
    fixed.writeBigUInt64LE(value)
    return Buffer.concat([varint(BigInt((number << 3) | 1)), fixed])
  }
  const bytes = Buffer.from(value)
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes])
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.of(...bytes, Number(rest))
}
