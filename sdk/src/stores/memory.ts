import { checkKey, checkValue, compareKeys, type Entry, type Store, toRange } from './store.ts'

/** A store in this process, which ends with it: for tests and development. Its handles are one object, and `close` keeps the data. */
export function memoryStore(): Store {
  const entries = new Map<string, Entry>()
  /** In the order of `compareKeys`. */
  const keys: string[] = []
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
      if (version === undefined) keys.splice(position(keys, key), 0, key)
      last++
      entries.set(key, { key, value, version: last })
      return last
    },
    async delete(key, version) {
      checkKey(key)
      if (entries.get(key)?.version !== version || version === undefined) return false
      keys.splice(position(keys, key), 1)
      return entries.delete(key)
    },
    async list(prefix, options) {
      const { first, after, end, limit } = toRange(prefix, options)
      const start = position(keys, first)
      const from = keys[start] === after ? start + 1 : start
      const to = Math.min(position(keys, end), from + limit)
      return keys.slice(from, to).map((key) => entries.get(key)!)
    },
    async close() {},
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
