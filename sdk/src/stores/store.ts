import { expected } from '../errors.ts'

/** One text of a store. */
export interface Entry {
  readonly key: string
  readonly value: string
  /** Names the write that made it; see {@link Store}. */
  readonly version: number
}

/** Which entries {@link Store.list} gives. */
export interface ListOptions {
  /** Only keys after this one: the last of the page before. */
  readonly after?: string
  /** At most so many entries, 1 or more. Default 1,000. */
  readonly limit?: number
}

/**
 * Versioned texts under text keys, in the order of their keys. All that durable runs and sessions keep lies in one.
 *
 * - **A version names one write.** It is a positive safe integer that no other write to the store ever gets, and a write that starts
 *   after another one ended gets a greater one. So a key that was deleted and written again is not mistaken for the old one,
 *   and entries sorted by version are in the order in which they were written.
 * - **An operation takes effect at once and as a whole**, for all handles and processes. What a write acknowledged, every
 *   later read sees, and it outlives the process.
 * - **A write that rejects may have taken effect**: a connection can break before the answer. Read again to know.
 * - **Text** is well-formed Unicode without U+0000. Keys have 1 to 2,048 bytes of UTF-8, without U+10FFFF; values may be empty.
 *   Stores refuse other text with a `UsageError`.
 *
 * `storeContract` of `@weir/sdk/stores/contract` tests all of this on any implementation.
 */
export interface Store {
  get(key: string): Promise<Entry | undefined>
  /**
   * Writes if the entry is still at `version`, or if there is none without it. Resolves to the new version, or to undefined if
   * somebody else was first: then nothing was written.
   */
  put(key: string, value: string, version?: number): Promise<number | undefined>
  /** Deletes if the entry is still at `version`. False: it was not, and nothing was deleted. */
  delete(key: string, version: number): Promise<boolean>
  /** Entries whose key begins with `prefix`, in the byte order of their keys' UTF-8. */
  list(prefix: string, options?: ListOptions): Promise<Entry[]>
  /** Ends the handle; a second call does nothing. */
  close(): Promise<void>
}

const MAX_KEY_BYTES = 2048
const DEFAULT_LIMIT = 1000
/** No key has it, so that every key that begins with `prefix` sorts before `prefix + LAST`. */
const LAST = '\u{10FFFF}'

/** What every store does before a read or a write. */
export function checkKey(key: string): void {
  if (!isText(key) || key === '' || key.includes(LAST) || isTooLong(key)) {
    throw expected('key of a store', `1 to ${MAX_KEY_BYTES} bytes of well-formed text without NUL`, key)
  }
}

export function checkValue(value: string): void {
  if (!isText(value)) throw expected('value of a store', 'well-formed text without NUL', value)
}

/** The keys that a list is about: `first` and later, after `after`, before `end`. */
export interface KeyRange {
  readonly first: string
  /** Not itself; '' is before every key. */
  readonly after: string
  readonly end: string
  readonly limit: number
}

export function toRange(prefix: string, { after = '', limit = DEFAULT_LIMIT }: ListOptions = {}): KeyRange {
  if (!isText(prefix)) throw expected('prefix', 'well-formed text without NUL', prefix)
  if (!isText(after)) throw expected('after', 'a key', after)
  if (!Number.isSafeInteger(limit) || limit < 1) throw expected('limit', 'a whole number of 1 or more', limit)
  const first = compareKeys(after, prefix) > 0 ? after : prefix
  return { first, after, end: prefix + LAST, limit }
}

/** The order of UTF-8 bytes is that of code points; JavaScript compares UTF-16 units, where surrogates sort before U+E000. */
export function compareKeys(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800
  return unit >= 0xd800 ? unit + 0x2000 : unit
}

function isText(text: unknown): text is string {
  return typeof text === 'string' && text.isWellFormed() && !text.includes('\0')
}

function isTooLong(key: string): boolean {
  return key.length * 3 > MAX_KEY_BYTES && new TextEncoder().encode(key).length > MAX_KEY_BYTES
}
