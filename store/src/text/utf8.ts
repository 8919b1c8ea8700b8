import { UsageError } from '@weir/config'
/** The bytes are no UTF-8; the message ends a sentence that begins with the name of the file. */
export class Utf8Error extends UsageError {
  override readonly code: string = 'UTF8'
}

/**
 * The text of a file. A byte order mark at its start is no part of it.
 * @throws Utf8Error
 */
export function decodeUtf8(bytes: Uint8Array): string {
  if (isUtf16(bytes)) throw new Utf8Error('is UTF-16, expected UTF-8: save it as UTF-8')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Utf8Error('is not UTF-8: save it as UTF-8', { cause })
  }
}

/** By its byte order mark, or as the first character of what we read has one byte in UTF-8. */
export function isUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes
  if (first === undefined || second === undefined) return false
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return isMarked || (first === 0) !== (second === 0)
}
