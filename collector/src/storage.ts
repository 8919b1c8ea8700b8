import { setTimeout as sleep } from 'node:timers/promises'
import type { Prices } from '@weir/dialects'
import type { InsertFailure } from '@weir/store'
import { type DiskSpace, directorySpace, diskProblem, SPAN_COLUMNS, type Store } from '@weir/store'
import type { CollectorSettings } from './config.ts'
import { ClickHouseWriter } from './insert/clickhouse-writer.ts'
import { Delivery } from './insert/delivery.ts'
import { SegmentDelivery } from './insert/segment-delivery.ts'
import type { Log } from './log.ts'
import { backpressure } from './refusal.ts'
import { GroupCommit } from './wal/group-commit.ts'
import type { LedgerSnapshot } from './wal/ledger.ts'
import type { LogSnapshot } from './wal/log-options.ts'
import { WriteAheadLog } from './wal/write-ahead-log.ts'

export interface StorageOptions {
  readonly store: Pick<Store, 'url' | 'database'>
  readonly settings: Pick<CollectorSettings, 'maxPendingBytes' | 'walMaxBytes'>
  readonly prices: Prices
  readonly walDirectory: string
  /** Inserts begin when it resolves; spans are taken before. Where it rejects, no more are taken, and none inserted. */
  readonly migrated: Promise<unknown>
  readonly log: Log
  readonly observeInsert: (seconds: number) => void
  readonly observeFailure: (failure: InsertFailure) => void
}

export interface StorageSnapshot {
  readonly ledger: LedgerSnapshot
  readonly wal: LogSnapshot
  /** Bytes of spans in memory. */
  readonly pendingBytes: number
  /** Of the log; undefined where the system does not tell. */
  readonly disk: DiskSpace | undefined
}

/** Milliseconds that the first request of a group waits for others. */
const GROUP_WAIT_MS = 4
const GROUP_BYTES = 4 * 1024 * 1024
/** A segment is one block of one insert, which ClickHouse holds in memory. */
const SEGMENT_BYTES = 64 * 1024 * 1024
const SEGMENT_ROWS = 250_000
/** An insert costs ClickHouse 30 to 90 ms of CPU time however small it is: at most one in a second that is not full. */
const SEGMENT_INTERVAL_MS = 1_000
const PARALLEL_INSERTS = 2
const INSERT_TIMEOUT_MS = 60_000
const FLUSH_TIMEOUT_MS = 20_000
const FLUSH_POLL_MS = 10
/** A process that was killed holds its lock until the kernel has taken it apart. */
const LOCK_TIMEOUT_MS = 15_000

/** From decoded requests to ClickHouse: group commit -> log, which is the acknowledgement -> delivery. */
export class Storage {
  readonly commits: GroupCommit
  readonly #log: WriteAheadLog
  readonly #delivery: Delivery
  readonly #writer: ClickHouseWriter
  readonly #directory: string

  private constructor(log: WriteAheadLog, { store, settings, prices, ...options }: StorageOptions) {
    this.#log = log
    this.#directory = options.walDirectory
    this.commits = new GroupCommit(log, {
      wait: GROUP_WAIT_MS,
      groupBytes: GROUP_BYTES,
      requestBytes: settings.maxPendingBytes,
      prices,
    })
    this.#writer = new ClickHouseWriter({ ...store, timeout: INSERT_TIMEOUT_MS })
    this.#delivery = new Delivery(new SegmentDelivery(this.#writer, log.quarantine, options.log), {
      parallel: PARALLEL_INSERTS,
      log: options.log,
      finish: (segment, outcome) => log.finish(segment, outcome),
      onIdle: () => log.closeIfDue(),
      observe: options.observeInsert,
      observeFailure: options.observeFailure,
    })
    void options.migrated.then(
      () => log.deliverTo(this.#delivery),
      ({ message }: Error) => {
        log.refuse(message)
        options.log.error({ reason: message }, 'spans are refused and stay where they are')
      },
    )
  }

  /**
   * @throws DirectoryInUseError where another collector has the log open
   * @throws LogFormatError where a newer version has written in it
   */
  static async open(options: StorageOptions): Promise<Storage> {
    // It may reject while the log is being opened: the constructor looks at it.
    options.migrated.catch(() => undefined)
    const log = await WriteAheadLog.open({
      directory: options.walDirectory,
      columns: SPAN_COLUMNS.map(({ name }) => name),
      maxBytes: options.settings.walMaxBytes,
      segmentBytes: SEGMENT_BYTES,
      segmentRows: SEGMENT_ROWS,
      interval: SEGMENT_INTERVAL_MS,
      log: options.log,
      timeoutMs: LOCK_TIMEOUT_MS,
    })
    return new Storage(log, options)
  }

  snapshot(): StorageSnapshot {
    return {
      ledger: this.#log.ledger.snapshot(),
      wal: this.#log.snapshot(),
      pendingBytes: this.commits.pendingBytes,
      disk: directorySpace(this.#directory),
    }
  }

  /**
   * Resolves to what will soon keep it from taking spans, if anything.
   * @throws Refusal where spans cannot be taken now
   */
  async ready(): Promise<string | undefined> {
    await this.#log.ready()
    return diskProblem(directorySpace(this.#directory), this.#directory)
  }

  /**
   * Resolves once ClickHouse has all spans that were acknowledged before.
   * @throws Refusal after `timeoutMs`
   */
  async flush(timeoutMs: number = FLUSH_TIMEOUT_MS): Promise<void> {
    await this.#log.closeSegment()
    const deadline = performance.now() + timeoutMs
    for (let waiting = this.#log.unfinished; waiting.length > 0; ) {
      if (performance.now() > deadline)
        throw backpressure(`${waiting.length} segments of the log are not in ClickHouse yet`)
      await sleep(FLUSH_POLL_MS)
      const unfinished = new Set(this.#log.unfinished)
      waiting = waiting.filter((name) => unfinished.has(name))
    }
  }

  /** Writes what is pending, and gives ClickHouse `timeoutMs` to take it; the rest stays for the next process. */
  async close(timeoutMs: number): Promise<void> {
    await this.commits.drain()
    await this.#log.closeSegment()
    await this.#delivery.drain(timeoutMs)
    this.#writer.close()
    await this.#delivery.stop()
    await this.#log.close()
  }
}
