/**
 * What a path cannot carry as it is, or what is decoded twice or taken for a delimiter on the way (RFC 3986, 2.2): such a
 * character is "~" and its two hex digits, so that a segment has no percent sign but those that a URL adds.
 */
const RESERVED = /[%/\\?#~\p{Cc}]/gu

/** Browsers take "." and ".." away, escaped or not; Next takes ".rsc" for a format of its own. */
const TAKEN = /^\.|\.(?=rsc$)/g

/** A name as a segment of a path: "POST /orders" is "POST%20~2Forders", "" is "~". */
export function pathSegment(name: string): string {
  return encodeURIComponent(escapedName(name))
}

/** A name without what a path cannot carry; what {@link pathSegment} gives is this, percent-encoded. */
export function escapedName(name: string): string {
  if (name === '') return '~'
  return name.toWellFormed().replaceAll(RESERVED, escapeOf).replaceAll(TAKEN, escapeOf)
}

function escapeOf(character: string): string {
  return `~${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/** The name in a segment as Next gives it: to pages as it stands in the URL, to metadata and routes decoded. */
export function pathValue(segment: string): string {
  const text = isReadablePath(segment) ? decodeURIComponent(segment) : segment
  if (text === '~') return ''
  return text.replaceAll(/~([0-9A-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

/** Whether every escape of a path can be decoded: Next fails on one that cannot. */
export function isReadablePath(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** A path without escaped percent signs, which would be decoded twice; {@link pathValue} reads the same names of it. */
export function canonicalPath(path: string): string {
  return path.replaceAll('%25', '~25')
}
