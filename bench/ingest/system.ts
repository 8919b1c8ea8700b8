import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Installation, startInstallation } from '@weir/engines/testing'
import { createStore, firstRow, rows, type Store } from '@weir/store'
import { getStoreStats } from '@weir/store/pages'
import { readPids, type Usage, usageOf } from '../process-usage.ts'
import { readLedger } from './ledger.ts'

/** Quiet: engine and worker together take less than this part of a core, for so many seconds on end. */
const QUIET_CPU = 0.1
const QUIET_SECONDS = 3
const TIMEOUT_SECONDS = 600
const IDLE_SECONDS = 5
/** Ids are counted in slices, so that the engine need not hold all of them at once. */
const SPANS_PER_SLICE = 2_000_000

/** The system under test: a whole Weir, settling on. */
export class System implements AsyncDisposable {
  readonly weir: Installation
  readonly store: Store
  readonly #pids: Map<string, number>

  private constructor(weir: Installation) {
    this.weir = weir
    this.store = createStore({ url: weir.clickhouseUrl, database: 'weir' })
    this.#pids = readPids(weir.home)
  }

  static async start(home: string, variables: NodeJS.ProcessEnv = {}): Promise<System> {
    return new System(await startInstallation({ home, env: variables }))
  }

  pid(name: string): number {
    return this.#pids.get(name)!
  }

  /** @throws where a process is not the one that was started: its CPU would be lost */
  usage(): Map<string, Usage> {
    for (const [name, pid] of readPids(this.weir.home)) {
      if (pid !== this.#pids.get(name)) throw new Error(`${name} was restarted during the benchmark`)
    }
    return usageOf(this.weir.home)
  }

  /** Waits until all is stored, settled and merged; gives the usage before it asked the store. */
  untilQuiet(): Promise<Map<string, Usage>> {
    return this.#untilIdle(async () => {
      return (await this.#isStored()) && (await getStoreStats(this.store)).unsettledTraces === 0
    })
  }

  /** Waits until all is stored and merged. */
  untilStored(): Promise<Map<string, Usage>> {
    return this.#untilIdle(() => this.#isStored())
  }

  async #isStored(): Promise<boolean> {
    return (await readLedger(this.weir.collectorUrl)).pending === 0
  }

  async #untilIdle(isDone: () => Promise<boolean>): Promise<Map<string, Usage>> {
    let quiet = 0
    let usage = this.usage()
    for (let second = 0; second < TIMEOUT_SECONDS; second++) {
      await sleep(1000)
      const now = this.usage()
      const busy = cpuOf(now, ['clickhouse', 'worker']) - cpuOf(usage, ['clickhouse', 'worker'])
      usage = now
      quiet = busy < QUIET_CPU ? quiet + 1 : 0
      if (quiet < QUIET_SECONDS) continue
      if (await isDone()) return usage
      usage = this.usage()
    }
    throw new Error(`not everything is stored and settled after ${TIMEOUT_SECONDS} s`)
  }

  /** Cores that all its processes take when nothing comes. */
  async measureIdle(): Promise<number> {
    const before = cpuOf(await this.untilQuiet())
    await sleep(IDLE_SECONDS * 1000)
    return (cpuOf(this.usage()) - before) / IDLE_SECONDS
  }

  /** @throws where other spans are stored than were acked, or the ledger says otherwise */
  async verify(acked: number, retries: number): Promise<void> {
    const ledger = await readLedger(this.weir.collectorUrl)
    const stored = await this.#countSpans(acked)
    if (stored !== acked) throw new Error(`${stored} different spans are stored, ${acked} were acked`)
    // What was sent again because its answer was lost is stored twice until it is merged.
    if (ledger.stored < acked || (retries === 0 && ledger.stored > acked)) {
      throw new Error(`${acked} spans were acked, the ledger says ${JSON.stringify(ledger)}`)
    }
  }

  async #countSpans(about: number): Promise<number> {
    const slices = 2 ** Math.ceil(Math.log2(Math.max(1, about / SPANS_PER_SLICE)))
    let count = 0
    for (let slice = 0; slice < slices; slice++) {
      const row = await firstRow<{ n: number }>(
        this.store,
        `SELECT uniqExact(trace_id, span_id) AS n FROM spans
         WHERE reinterpretAsUInt8(substring(trace_id, 16, 1)) % ${slices} = ${slice}`,
      )
      count += row?.n ?? 0
    }
    return count
  }

  /** Bytes of the write-ahead log. */
  logBytes(): number {
    const directory = join(this.weir.home, 'wal')
    return listFiles(directory).reduce((sum, file) => sum + sizeOf(join(directory, file)), 0)
  }

  /** Active parts of the table `spans`. */
  async parts(): Promise<number> {
    const row = await firstRow<{ n: number }>(
      this.store,
      `SELECT count() AS n FROM system.parts WHERE database = 'weir' AND table = 'spans' AND active`,
    )
    return row?.n ?? 0
  }

  async diskByTable(): Promise<{ name: string; bytes: number }[]> {
    return rows(
      this.store,
      `SELECT table AS name, sum(bytes_on_disk) AS bytes FROM system.parts
       WHERE database = 'weir' AND active GROUP BY table ORDER BY bytes DESC`,
    )
  }

  async diskByColumn(): Promise<{ name: string; bytes: number }[]> {
    return rows(
      this.store,
      `SELECT column AS name, sum(column_data_compressed_bytes + column_marks_bytes) AS bytes
       FROM system.parts_columns WHERE database = 'weir' AND table = 'spans' AND active
       GROUP BY column ORDER BY bytes DESC`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close()
    await this.weir.stop()
  }
}

export function cpuOf(usage: ReadonlyMap<string, Usage>, names: Iterable<string> = usage.keys()): number {
  let sum = 0
  for (const name of names) sum += usage.get(name)?.cpu ?? 0
  return sum
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true }).map(String)
  } catch {
    return [] // no log yet
  }
}

/** 0 for a segment that was deleted meanwhile. */
function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() ? stat.size : 0
}
