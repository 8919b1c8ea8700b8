/**
 * The first bytes of a value that is larger than `limit`, cut between two characters, and a marker that says how many bytes
 * there were; not larger than `limit`, which must hold the marker.
 */
export function truncate(value: Buffer, limit: number, originalLength: number): Buffer {
  const marker = Buffer.from(` ... [truncated, ${originalLength} bytes]`)
  const room = Math.max(limit - marker.length, 0)
  return Buffer.concat([value.subarray(0, characterStart(value, room)), marker])
}

/** `at`, or before it where it is amid a UTF-8 character. */
export function characterStart(bytes: Buffer, at: number): number {
  let start = at
  // A character has at most three continuation bytes; more are no UTF-8, and cut as they are.
  while (start > 0 && at - start < 3 && isContinuation(bytes[start])) start -= 1
  return isContinuation(bytes[start]) ? at : start
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
