import type { Random } from './random.ts'

/** One mutation that knows nothing of the encoding. @param other a body to splice with */
export function mutateBytes(body: Buffer, other: Buffer, random: Random): Buffer {
  const at = random.below(body.length + 1)
  switch (random.below(7)) {
    case 0:
      return flipBits(body, random)
    case 1:
      return body.subarray(0, at)
    case 2:
      return replace(body, at, at + random.below(8), Buffer.alloc(0))
    case 3:
      return replace(body, at, at, randomBytes(1 + random.below(8), random))
    case 4:
      return Buffer.concat([body.subarray(0, at), other.subarray(random.below(other.length))])
    case 5:
      return replace(body, at, at, body.subarray(at, at + 1 + random.below(200)))
    default:
      return replace(body, at, at + 4, randomBytes(4, random))
  }
}

/** @returns the body with the bytes from start to end replaced */
export function replace(body: Buffer, start: number, end: number, by: Uint8Array): Buffer {
  return Buffer.concat([body.subarray(0, start), by, body.subarray(Math.min(end, body.length))])
}

function flipBits(body: Buffer, random: Random): Buffer {
  const flipped = Buffer.from(body)
  if (body.length === 0) return flipped
  for (let left = 1 + random.below(8); left > 0; left--) {
    const at = random.below(flipped.length)
    flipped[at] = flipped[at]! ^ (1 << random.below(8))
  }
  return flipped
}

function randomBytes(length: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)))
}
