/** Small numbers as 64 bits each. */
export function uint64s(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(8 * values.length)
  for (let at = 0; at < values.length; at++) bytes.writeUInt32LE(values[at]!, 8 * at)
  return bytes
}
