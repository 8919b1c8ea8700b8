import { randomUUID } from 'node:crypto'
import { insert, type QueryParams, rows, type Store } from '../store.ts'
import type { Batch } from './batch.ts'
import { SettledKeys } from './settled-keys.ts'

/** How long a pass may last that was begun by another worker and is only completed now. */
const LONGEST_PASS = 'INTERVAL 1 HOUR'

/**
 * The traces and runs that were settled before, as one worker remembers them: a trace that is not among them has no
 * spans but those that just came, which lie together. Pass the same one to every pass of a process.
 *
 * It remembers some 30 million. Of what it had to give up, a trace is known again by a span that began before.
 */
export class SettledRuns {
  /** Names the worker in `settling_passes`. */
  readonly worker: string = randomUUID()
  readonly #keys: SettledKeys
  /** What was learned last, and when; undefined: nothing yet. */
  #learned: { readonly latest: string; readonly at: string } | undefined

  constructor(keys: SettledKeys = new SettledKeys()) {
    this.#keys = keys
  }

  /** Spans that began before may belong to traces that are not remembered (milliseconds since 1970). */
  get forgottenUntilMs(): number {
    return this.#keys.forgottenUntilMs
  }

  /**
   * Learns what this worker did not settle itself. To be called after the traces of a pass were taken: whatever another
   * worker checked off before is known then.
   */
  async refresh(store: Store): Promise<void> {
    const [found] = await rows<{ latest: string; at: string }>(store, OTHERS, { worker: this.worker })
    if (found === undefined || found.latest === this.#learned?.latest) return
    const since = this.#learned?.at ?? (await this.#horizon(store))
    await this.#learn(store, KEYS_SINCE, { since })
    this.#learned = found
  }

  /** Makes the next `refresh` learn what this worker itself may have settled: a pass of it failed. */
  doubt(): void {
    if (this.#learned !== undefined) this.#learned = { latest: '', at: this.#learned.at }
  }

  /** Adds the runs that a pass has written, and notes the traces of those that were there before, or twice. */
  async add(store: Store, batch: string, version: string): Promise<{ runs: number; known: number }> {
    const known: bigint[] = []
    let runs = 0
    for await (const words of readWords(store, KEYS_OF_PASS, { version }, 4)) {
      for (let at = 0; at < words.length; at += 4) {
        const [traceLow, traceHigh, runLow, runHigh] = words.subarray(at, at + 4) as unknown as Quad
        const own = runLow === 0 && runHigh === 0
        runs++
        if (this.#keys.has(traceLow, traceHigh) || (!own && this.#keys.has(runLow, runHigh)))
          known.push(toHash(traceLow, traceHigh))
        this.#keys.add(traceLow, traceHigh)
        if (!own) this.#keys.add(runLow, runHigh)
      }
    }
    await note(store, batch, known, 1)
    return { runs, known: known.length }
  }

  /** Of the traces that a pass took for new and has not settled, notes those that are known. */
  async noteRest(store: Store, batch: string, version: string): Promise<void> {
    const known: bigint[] = []
    for await (const words of readWords(store, KEYS_OF_REST, { batch, version }, 2)) {
      for (let at = 0; at < words.length; at += 2) {
        const [low, high] = [words[at]!, words[at + 1]!]
        if (this.#keys.has(low, high)) known.push(toHash(low, high))
      }
    }
    await note(store, batch, known, 0)
  }

  /** Learns the runs of batches that were settled in another way. */
  async learn(store: Store, batches: readonly Batch[]): Promise<void> {
    const versions = batches.map(({ version }) => version)
    if (versions.length > 0) await this.#learn(store, KEYS_OF_VERSIONS, { versions })
  }

  async #learn(store: Store, query: string, params: QueryParams): Promise<void> {
    for await (const words of readWords(store, query, params, 2)) {
      for (let at = 0; at < words.length; at += 2) this.#keys.add(words[at]!, words[at + 1]!)
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

type Quad = readonly [number, number, number, number]

function toHash(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

async function note(store: Store, batch: string, keys: readonly bigint[], again: 0 | 1): Promise<void> {
  const rowsOf = keys.map((key) => ({ batch, trace_key: String(key), again }))
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

/** Of a run and of the trace that it has its id from, if any: `arrayDistinct` makes them one. */
const RUN_KEYS = `arrayJoin(arrayDistinct(arrayPushBack(
    arrayMap(id -> sipHash64(project, lower(hex(id))), trace_ids), sipHash64(project, run_id))))`

const OTHERS = `
  SELECT toString(max(completed)) AS latest, toString(now64(6, 'UTC')) AS at
  FROM settling_passes WHERE worker != {worker:UUID}`

const KEYS_SINCE = `SELECT ${RUN_KEYS} FROM runs WHERE settled >= ${settledAt('since')} - ${LONGEST_PASS}`

const KEYS_OF_VERSIONS = `
  SELECT ${RUN_KEYS} FROM runs
  WHERE settled IN (SELECT toDateTime64(arrayJoin({versions:Array(String)}), 6, 'UTC'))`

/** The run's key is 0 where its id is its trace's. */
const KEYS_OF_PASS = `
  SELECT ${TRACE_KEY}, if(run_id = lower(hex(trace_id)), 0, sipHash64(project, run_id))
  FROM runs WHERE settled = ${settledAt('version')}`

const KEYS_OF_REST = `
  SELECT ${TRACE_KEY} FROM settling_traces
  WHERE batch = {batch:UUID} AND since > toDateTime64(0, 3, 'UTC')
    AND (project, trace_id) NOT IN (SELECT project, trace_id FROM runs WHERE settled = ${settledAt('version')})`

const SETTLED_BY_HOUR = `
  SELECT toString(toStartOfHour(settled) AS start) AS hour, toUnixTimestamp(start) * 1000 AS ms, 2 * count() AS keys
  FROM runs GROUP BY start ORDER BY start DESC`
