import { randomUUID } from 'node:crypto'
import { execute, insert, type QueryParams, rows, type Store } from '../store.ts'
import type { Batch } from './batch.ts'
import { SettledKeys } from './settled-keys.ts'

/** How long a pass may last that was begun by another worker and is only completed now. */
const LONGEST_PASS = 'INTERVAL 1 HOUR'

/**
 * The traces and runs that were settled before, as one worker remembers them: a trace that is not among them has no
 * spans but those that just came, which lie together. Pass the same one to every pass of a process.
 *
 * It remembers some 30 million. Of what it had to give up, a trace is known again by a span that began before. A trace
 * that only seems to be known is found out where that is cheap; where it is not, it is settled the general way.
 */
export class SettledRuns {
  /** Names the worker in `settling_passes`. */
  readonly worker: string = randomUUID()
  /** Traces that have a run of their own: the table `runs` can be asked for them. */
  readonly #alone: SettledKeys
  /** Runs with ids of their own, and traces that share a run. */
  readonly #shared: SettledKeys
  /** How far the passes of others were when this worker learned last, and when; undefined: it did not yet. */
  #learned: { readonly latest: string; readonly at: string } | undefined

  constructor(alone: SettledKeys = new SettledKeys(), shared: SettledKeys = new SettledKeys()) {
    this.#alone = alone
    this.#shared = shared
  }

  /** Spans that began before may belong to traces that are not remembered (milliseconds since 1970). */
  get forgottenUntilMs(): number {
    return Math.max(this.#alone.forgottenUntilMs, this.#shared.forgottenUntilMs)
  }

  /**
   * Learns what this worker did not settle itself. To be called after the traces of a pass were taken: whatever another
   * worker checked off before is known then.
   */
  async refresh(store: Store): Promise<void> {
    const [found] = await rows<{ latest: string; at: string }>(store, OTHERS, { worker: this.worker })
    if (found === undefined || found.latest === this.#learned?.latest) return
    const { at } = this.#learned ?? {}
    // Where the clock was set back, what others settled since is before what was learned last.
    const since = at !== undefined && at <= found.at ? at : await this.#horizon(store)
    await this.#learn(store, KEYS_SINCE, { since })
    this.#learned = found
  }

  /** Makes the next `refresh` learn what this worker itself may have settled: a pass of it failed. */
  doubt(): void {
    if (this.#learned !== undefined) this.#learned = { latest: '', at: this.#learned.at }
  }

  /** Notes those traces that a pass took for new and that were settled before. To be called before it writes runs. */
  async noteKnown(store: Store, batch: string): Promise<void> {
    const known: bigint[] = []
    const suspected: bigint[] = []
    for await (const words of readWords(store, KEYS_OF_FRESH, { batch }, 2)) {
      for (let at = 0; at < words.length; at += 2) {
        const [low, high] = [words[at]!, words[at + 1]!]
        if (this.#shared.has(low, high)) known.push(toHash(low, high))
        else if (this.#alone.has(low, high)) suspected.push(toHash(low, high))
      }
    }
    await note(store, batch, known)
    if (suspected.length === 0) return
    const suspects = randomUUID()
    await note(store, suspects, suspected)
    await execute(store, NOTE_SUSPECTS, { batch, suspects })
  }

  /** Adds the runs that a pass has written the simple way, and notes the traces of those that others have a part in. */
  async add(store: Store, batch: string, version: string): Promise<number> {
    const known: bigint[] = []
    let runs = 0
    for await (const words of readWords(store, KEYS_OF_PASS, { version }, 4)) {
      for (let at = 0; at < words.length; at += 4) {
        const [traceLow, traceHigh, runLow, runHigh] = words.subarray(at, at + 4) as unknown as Quad
        runs++
        this.#alone.add(traceLow, traceHigh)
        if (runLow === 0 && runHigh === 0) continue
        if (this.#shared.has(runLow, runHigh) || this.#alone.has(runLow, runHigh))
          known.push(toHash(traceLow, traceHigh))
        this.#shared.add(runLow, runHigh)
      }
    }
    await note(store, batch, known)
    return runs
  }

  /** Learns the runs of batches that were settled in another way. */
  async learn(store: Store, batches: readonly Batch[]): Promise<void> {
    const versions = batches.map(({ version }) => version)
    if (versions.length > 0) await this.#learn(store, KEYS_OF_VERSIONS, { versions })
  }

  async #learn(store: Store, query: string, params: QueryParams): Promise<void> {
    for await (const words of readWords(store, query, params, 3)) {
      for (let at = 0; at < words.length; at += 3) {
        const keys = words[at + 2] === 1 ? this.#alone : this.#shared
        keys.add(words[at]!, words[at + 1]!)
      }
    }
  }

  /** The time since which no more runs were settled than can be remembered. */
  async #horizon(store: Store): Promise<string> {
    const hours = await rows<{ hour: string; ms: number; keys: number }>(store, SETTLED_BY_HOUR)
    let left = this.#alone.capacity / 2
    for (const { hour, ms, keys } of hours) {
      left -= keys
      if (left > 0) continue
      this.#alone.forgottenUntilMs = ms
      return hour
    }
    return '1970-01-01 00:00:00'
  }
}

type Quad = readonly [number, number, number, number]

function toHash(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

async function note(store: Store, batch: string, keys: readonly bigint[]): Promise<void> {
  const rowsOf = keys.map((key) => ({ batch, trace_key: String(key) }))
  await insert(store, 'settling_known', rowsOf)
}

/** Rows of `words` 32-bit words each, in chunks of whole rows. */
async function* readWords(
  store: Store,
  query: string,
  params: QueryParams,
  words: number,
): AsyncGenerator<Uint32Array> {
  const { stream } = await store.client.exec({
    query: `${query} FORMAT RowBinary`,
    query_params: { ...params },
  })
  let rest = Buffer.alloc(0)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk])
    const whole = bytes.length - (bytes.length % (words * 4))
    rest = bytes.subarray(whole)
    if (whole > 0) yield new Uint32Array(new Uint8Array(bytes.subarray(0, whole)).buffer)
  }
}

/** As in `settling_known`. */
export const TRACE_KEY = 'sipHash64(project, lower(hex(trace_id)))'
const settledAt = (name: string) => `toDateTime64({${name}:String}, 6, 'UTC')`

/** Of a run and of its traces, and whether the key is that of a trace with a run of its own. */
const RUN_KEYS = `arrayJoin(arrayDistinct(arrayPushBack(
    arrayMap(id -> (sipHash64(project, lower(hex(id))), toUInt32(length(trace_ids) = 1)), trace_ids),
    (sipHash64(project, run_id), toUInt32(length(trace_ids) = 1 AND run_id = lower(hex(trace_id))))))) AS key`

const OTHERS = `
  SELECT toString(maxIf(completed, completed <= now64(6, 'UTC'))) AS latest, toString(now64(6, 'UTC')) AS at
  FROM settling_passes WHERE worker != {worker:UUID}`

const KEYS_SINCE = `SELECT key.1, key.2 FROM (SELECT ${RUN_KEYS} FROM runs WHERE settled >= ${settledAt('since')} - ${LONGEST_PASS})`

const KEYS_OF_VERSIONS = `
  SELECT key.1, key.2 FROM (
    SELECT ${RUN_KEYS} FROM runs
    WHERE settled IN (SELECT toDateTime64(arrayJoin({versions:Array(String)}), 6, 'UTC')))`

/** The run's key is 0 where its id is its trace's. */
const KEYS_OF_PASS = `
  SELECT ${TRACE_KEY}, if(run_id = lower(hex(trace_id)), 0, sipHash64(project, run_id))
  FROM runs WHERE settled = ${settledAt('version')}`

const KEYS_OF_FRESH = `
  SELECT ${TRACE_KEY} FROM settling_traces
  WHERE batch = {batch:UUID} AND since > toDateTime64(0, 3, 'UTC')`

const NOTE_SUSPECTS = `
  INSERT INTO settling_known (batch, trace_key)
  WITH suspects AS (SELECT trace_key FROM settling_known WHERE batch = {suspects:UUID})
  SELECT DISTINCT {batch:UUID}, ${TRACE_KEY} FROM runs
  WHERE trace_id IN (SELECT trace_id FROM settling_traces WHERE batch = {batch:UUID} AND ${TRACE_KEY} IN suspects)
    AND ${TRACE_KEY} IN suspects`

const SETTLED_BY_HOUR = `
  SELECT toString(toStartOfHour(settled) AS start) AS hour, toUnixTimestamp(start) * 1000 AS ms, 2 * count() AS keys
  FROM runs GROUP BY start ORDER BY start DESC`
