import { Redis } from 'ioredis'
import { checkKnown, expected } from '../errors.ts'
import { checkKey, checkValue, type Entry, type Store, toRange } from './store.ts'

export interface RedisStoreOptions {
  /** Begins the names of the store's three keys. Default `weir`. */
  readonly keyPrefix?: string | undefined
}

/**
 * A store in Redis or Valkey, as durable as these are set up: `appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction`
 * keep every acknowledged write through a restart; a failover to a replica can lose the last ones.
 *
 * @param connection a URL, or a client of `ioredis`, whose options the store takes for a connection of its own
 */
export function redisStore(connection: string | Redis, options: RedisStoreOptions = {}): Store {
  checkKnown('options of redisStore', options, KNOWN)
  const { keyPrefix = 'weir' } = options
  if (typeof connection !== 'string' && typeof connection?.duplicate !== 'function')
    throw expected('redisStore', 'a URL, or a client of ioredis', connection)
  const redis =
    typeof connection === 'string' ? new Redis(connection, OVERRIDES) : connection.duplicate(OVERRIDES)
  // Without a listener, ioredis prints every broken connection. Operations reject anyway.
  redis.on('error', () => {})
  const names = ['values', 'keys', 'version'].map((name) => `${keyPrefix}:${name}`)
  const run = (script: string, ...args: (string | number)[]) =>
    redis.eval(script, names.length, ...names, ...args)

  return {
    async get(key) {
      checkKey(key)
      const stored = await redis.hget(names[0]!, key)
      return stored === null ? undefined : toEntry(key, stored)
    },
    async put(key, value, version) {
      checkKey(key)
      checkValue(value)
      return ((await run(PUT, key, version ?? '', value)) as number | null) ?? undefined
    },
    async delete(key, version) {
      checkKey(key)
      return (await run(DELETE, key, version)) === 1
    },
    async list(prefix, options) {
      const { first, after, end, limit } = toRange(prefix, options)
      const from = first === after ? `(${after}` : `[${first}`
      const flat = (await run(LIST, from, `(${end}`, limit)) as string[]
      const entries: Entry[] = []
      for (let index = 0; index < flat.length; index += 2) {
        entries.push(toEntry(flat[index]!, flat[index + 1]!))
      }
      return entries
    },
    async close() {
      redis.disconnect()
    },
  }
}

const KNOWN = new Set(['keyPrefix'])

/**
 * A command whose answer was lost rejects at once. ioredis would send it again, and a write that had been made would be refused by
 * itself, as if somebody else had been first.
 */
const OVERRIDES = { maxRetriesPerRequest: 0 } as const

/** In the hash as `<version> <value>`; the sorted set has the keys, all of one score, which orders them by bytes. */
function toEntry(key: string, stored: string): Entry {
  const space = stored.indexOf(' ')
  return { key, value: stored.slice(space + 1), version: Number(stored.slice(0, space)) }
}

const FOUND = `
local values, keys, counter = unpack(KEYS)
local found = redis.call('HGET', values, ARGV[1])
local version = found and string.match(found, '^%d+') or ''
`

const PUT = `${FOUND}
if version ~= ARGV[2] then return nil end
local written = redis.call('INCR', counter)
redis.call('HSET', values, ARGV[1], string.format('%.0f', written) .. ' ' .. ARGV[3])
redis.call('ZADD', keys, 0, ARGV[1])
return written`

const DELETE = `${FOUND}
if not found or version ~= ARGV[2] then return 0 end
redis.call('HDEL', values, ARGV[1])
redis.call('ZREM', keys, ARGV[1])
return 1`

const LIST = `
local values, keys = unpack(KEYS)
local entries = {}
for _, key in ipairs(redis.call('ZRANGEBYLEX', keys, ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])) do
  entries[#entries + 1] = key
  entries[#entries + 1] = redis.call('HGET', values, key)
end
return entries`
