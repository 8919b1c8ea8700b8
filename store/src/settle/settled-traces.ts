import { createHash, randomUUID } from 'node:crypto'
import { firstRow, type QueryParams, rows, type Store } from '../store.ts'
import { IS_OPEN, spokenSince } from './open-passes.ts'
import { SettledKeys } from './settled-keys.ts'

/**
 * The traces and runs that were settled before, as one process remembers them: a trace that is not among them has no spans
 * but those that just came, which lie together. Without it every pass would have to look for each of its traces in every part
 * of `spans`. Pass the same one to every pass of a process.
 *
 * It remembers some 30 million. Of what it had to give up, a trace is known again by a span that began before. A trace that
 * only seems to be known, one in 100,000, is read by its id, and found to have no run.
 */
export class SettledTraces {
  /** Names the process in `settling_passes`. */
  readonly settler: string = randomUUID()
  readonly #keys: SettledKeys
  /** Passes of others that may still be going on; their runs are learned again until they are done. */
  #open: ReadonlySet<string> = new Set()
  /** What `settling_passes` said when it was last looked at; undefined: not yet. */
  #seen: ReadonlySet<string> | undefined
  /** When that was, by ClickHouse's clock. */
  #looked: string | null = null

  constructor(keys: SettledKeys = new SettledKeys()) {
    this.#keys = keys
  }

  /** Spans that began before may belong to traces that are not remembered (milliseconds since 1970). */
  get forgottenUntilMs(): number {
    return this.#keys.forgottenUntilMs
  }

  /** @param id of a trace, 32 hex digits, or of a run */
  has(id: string): boolean {
    const [low, high] = keyOf(id)
    return this.#keys.has(low, high)
  }

  /** To be called before the runs are written: whether they were is not known of a pass that fails. */
  add(ids: Iterable<string>): void {
    for (const id of ids) {
      const [low, high] = keyOf(id)
      this.#keys.add(low, high)
    }
  }

  /**
   * Learns what others have settled. To be called after the traces of a pass were taken: whatever another process checked
   * off before is known then.
   * @returns whether another process may be settling at this moment
   */
  async refresh(store: Store): Promise<boolean> {
    const { now, passes } = (await firstRow<Passes>(store, PASSES, {
      settler: this.settler,
      looked: this.#looked,
    }))!
    if (this.#seen === undefined) await this.#learn(store, KEYS_SINCE, { since: await this.#horizon(store) })
    const versions = passes
      .map(([version]) => version)
      .filter((version) => this.#open.has(version) || !this.#seen?.has(version))
    if (this.#seen !== undefined && versions.length > 0) await this.#learn(store, KEYS_OF, { versions })
    this.#looked = now
    this.#seen = new Set(passes.map(([version]) => version))
    this.#open = new Set(passes.filter(([, isOpen]) => isOpen === 1).map(([version]) => version))
    return this.#open.size > 0 || versions.length > 0
  }

  async #learn(store: Store, query: string, params: QueryParams): Promise<void> {
    for await (const words of readKeys(store, query, params)) {
      for (let at = 0; at < words.byteLength; at += 16) {
        const [low, high] = foldKey(words, at)
        this.#keys.add(low, high)
      }
    }
  }

  /** The time since which no more runs were settled than can be remembered. */
  async #horizon(store: Store): Promise<string> {
    const hours = await rows<{ hour: string; ms: number; keys: number }>(store, SETTLED_BY_HOUR)
    let left = this.#keys.capacity / 2
    for (const { hour, ms, keys } of hours) {
      left -= keys
      if (left > 0) continue
      this.#keys.forgottenUntilMs = ms
      return hour
    }
    return '1970-01-01 00:00:00'
  }
}

/** Whether a pass of another settler was going on since this time (microseconds since 1970), or still is. */
export async function isOverlapped(store: Store, settler: string, since: bigint): Promise<boolean> {
  return (await rows(store, OVERLAPPING, { settler, since: String(since) })).length > 0
}

/** Two halves of what all 16 bytes of an id decide: some clients use half of a trace id only. */
function keyOf(id: string): readonly [number, number] {
  return foldHex(id) ?? foldHex(createHash('md5').update(id).digest('hex'))!
}

/** Undefined: not 32 lower-case hex digits. */
function foldHex(id: string): readonly [number, number] | undefined {
  if (id.length !== 32) return undefined
  const words = [0, 0]
  for (let at = 0; at < 32; at++) {
    const code = id.charCodeAt(at)
    const digit = code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : -1
    if (digit < 0) return undefined
    // The first and the third eight digits make one word, the others the other one.
    words[(at >> 3) & 1]! ^= digit << (28 - 4 * (at & 7))
  }
  return [words[0]! >>> 0, words[1]! >>> 0]
}

function foldKey(words: DataView, at: number): readonly [number, number] {
  return [
    (words.getUint32(at) ^ words.getUint32(at + 8)) >>> 0,
    (words.getUint32(at + 4) ^ words.getUint32(at + 12)) >>> 0,
  ]
}

/** Keys of 16 bytes each, in chunks of whole keys. */
async function* readKeys(store: Store, query: string, params: QueryParams): AsyncGenerator<DataView> {
  const { stream } = await store.client.exec({
    query: `${query} FORMAT RowBinary`,
    query_params: { ...params },
  })
  let rest = Buffer.alloc(0)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk])
    const whole = bytes.length - (bytes.length % 16)
    rest = bytes.subarray(whole)
    yield new DataView(bytes.buffer, bytes.byteOffset, whole)
  }
}

/** As {@link keyOf} makes them. */
const KEYS = `arrayJoin(arrayDistinct(arrayPushBack(trace_ids,
    if(match(run_id, '^[0-9a-f]{32}$'), toFixedString(unhex(run_id), 16), MD5(run_id)))))`

const KEYS_SINCE = `SELECT ${KEYS} FROM runs WHERE settled >= toDateTime64({since:String}, 6, 'UTC')`

const KEYS_OF = `
  SELECT ${KEYS} FROM runs
  WHERE settled IN (SELECT arrayJoin([fromUnixTimestamp64Micro(v), fromUnixTimestamp64Micro(v + 1)])
    FROM (SELECT toInt64(arrayJoin({versions:Array(String)})) AS v))`

interface Passes {
  readonly now: string
  readonly passes: readonly (readonly [version: string, isOpen: number])[]
}

/** Those that have said something since the last look, and those that were open then. */
const PASSES = `
  SELECT toString(now64(6, 'UTC')) AS now, groupArray((version, isOpen)) AS passes
  FROM (
    SELECT toString(toUnixTimestamp64Micro(version)) AS version, ${IS_OPEN} AS isOpen
    FROM settling_passes
    WHERE settler != {settler:UUID}
      AND said >= ${spokenSince(`least(now64(6, 'UTC'), ifNull({looked:Nullable(DateTime64(6, 'UTC'))}, now64(6, 'UTC')))`)}
    GROUP BY settler, version
  )`

const OVERLAPPING = `
  SELECT version
  FROM settling_passes
  WHERE settler != {settler:UUID}
    AND said >= ${spokenSince(`least(now64(6, 'UTC'), fromUnixTimestamp64Micro({since:Int64}, 'UTC'))`)}
  GROUP BY settler, version
  HAVING ${IS_OPEN} OR max(said) >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  LIMIT 1`

const SETTLED_BY_HOUR = `
  SELECT toString(toStartOfHour(settled) AS start) AS hour, toUnixTimestamp(start) * 1000 AS ms, 2 * count() AS keys
  FROM runs GROUP BY start ORDER BY start DESC`
