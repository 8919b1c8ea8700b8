import { checkKey, checkValue, compareKeys, type Entry, type Store, toRange } from './store.ts'

/** A store in this process, which ends with it: for tests and development. Its handles are one object, and `close` keeps the data. */
export function memoryStore(): Store {
  const entries = new Map<string, Entry>()
  const keys = new SortedKeys()
  let last = 0

  return {
    async get(key) {
      checkKey(key)
      return entries.get(key)
    },
    async put(key, value, version) {
      checkKey(key)
      checkValue(value)
      if (entries.get(key)?.version !== version) return undefined
      if (version === undefined) keys.add(key)
      last++
      entries.set(key, { key, value, version: last })
      return last
    },
    async delete(key, version) {
      checkKey(key)
      const entry = entries.get(key)
      if (entry === undefined || entry.version !== version) return false
      keys.delete(key)
      return entries.delete(key)
    },
    async list(prefix, options) {
      const { first, after, end, limit } = toRange(prefix, options)
      const found: Entry[] = []
      for (const key of keys.from(first)) {
        if (found.length === limit || compareKeys(key, end) >= 0) break
        if (key !== after) found.push(entries.get(key)!)
      }
      return found
    },
    async close() {},
  }
}

const MAX_CHUNK = 512

/** In the order of `compareKeys`, in chunks, so that a new key moves few others. */
class SortedKeys {
  /** None is empty, but for the only one. */
  readonly #chunks: string[][] = [[]]

  add(key: string): void {
    const { index, chunk } = this.#chunkOf(key)
    chunk.splice(position(chunk, key), 0, key)
    if (chunk.length > MAX_CHUNK) this.#chunks.splice(index + 1, 0, chunk.splice(MAX_CHUNK / 2))
  }

  delete(key: string): void {
    const { index, chunk } = this.#chunkOf(key)
    chunk.splice(position(chunk, key), 1)
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(index, 1)
  }

  *from(key: string): Generator<string, void, undefined> {
    const { index, chunk } = this.#chunkOf(key)
    yield* chunk.slice(position(chunk, key))
    for (const next of this.#chunks.slice(index + 1)) yield* next
  }

  /** The last chunk that begins with `key` or before it, or the first one. */
  #chunkOf(key: string): { index: number; chunk: string[] } {
    let low = 0
    let high = this.#chunks.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (compareKeys(this.#chunks[middle]![0]!, key) <= 0) low = middle
      else high = middle
    }
    return { index: low, chunk: this.#chunks[low]! }
  }
}

/** Of the first key that is not before `key`. */
function position(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(keys[middle]!, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
