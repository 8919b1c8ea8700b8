/** Longer parts are hashed: a key with a few of them stays far below a store's limit. */
const MAX_PART_BYTES = 200
/** UTF-8 has three bytes for a UTF-16 unit at most. */
const SURELY_SHORT = Math.floor(MAX_PART_BYTES / 3)
/** What separates or escapes parts, and what no store takes. */
const RESERVED = /[%/~\0\u{10FFFF}]|\p{Surrogate}/gu

/** `run/<id>/<part>/...`: all that is kept of a run begins with `run/<id>/`. */
export function runKey(run: string, ...parts: readonly string[]): Promise<string> {
  return toKey('run', run, ...parts)
}

/** The parts with `/` between them, from any text: different parts never give the same key. */
export async function toKey(...parts: readonly string[]): Promise<string> {
  let key = ''
  for (const part of parts) {
    const escaped = part.replace(RESERVED, (char) => `%${char.codePointAt(0)?.toString(16)}`)
    key += `/${escaped.length <= SURELY_SHORT ? escaped : await shorten(escaped)}`
  }
  return key.slice(1)
}

async function shorten(part: string): Promise<string> {
  const bytes = new TextEncoder().encode(part)
  return bytes.length <= MAX_PART_BYTES ? part : `~${await hash(bytes)}`
}

/** SHA-256 in hexadecimal digits. */
async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
