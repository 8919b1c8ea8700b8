import { createStore, execute, migrate, rows, type Store } from '@weir/store'
import {
  createMemory,
  minutesSql,
  ROUNDED_DURATIONS,
  RUN_TOTALS,
  STEP_TOTALS,
  settleQuiet,
} from '@weir/store/settle'
import { SELECT_CHUNK } from './storage/generate-spans.ts'

/** A day is so many copies of the same traces, with ids, times, sessions and versions of their own. */
const COPIES = 144
const COPY_MS = 86_400_000 / COPIES
/** A version is deployed for so many copies. */
const COPIES_PER_VERSION = 36
/** The share of the traces that a copy has: few in the night, all at noon. */
const shareOf = (copy: number): number => 0.55 - 0.45 * Math.cos((2 * Math.PI * (copy + 0.5)) / COPIES)
const MEAN_SHARE = 0.55

const MOST_SPANS = 7
const SPANS_PER_RUN = 5
/** Spans that are generated and settled at once. */
const CHUNK_SPANS = 100_000

/**
 * Fills a migrated store with the 24 hours before `end`: spans of 40 flows with attributes, tools, errors, sessions and payloads, their
 * runs and minutes. Traces of ten minutes are settled as a worker does it; the day is copied from them, which costs a fraction.
 */
export async function generate(
  store: Store,
  spans: number,
  end: Date,
  progress: (spans: number) => void,
): Promise<void> {
  const base = createStore({ ...store, database: `${store.database}_base`, timeout: 3_600_000 })
  try {
    await migrate(base)
    // Copies begin with a minute, so that none has minutes of another one.
    const lastMinute = new Date(Math.floor(end.getTime() / 60_000) * 60_000)
    await fillBase(base, Math.ceil(spans / SPANS_PER_RUN / COPIES / MEAN_SHARE), lastMinute)
    await copyDay(base, store, progress)
  } finally {
    await execute(base, 'DROP DATABASE {database:Identifier} SYNC', { database: base.database })
    await base.close()
  }
}

/** The traces of the last ten minutes, settled. */
async function fillBase(base: Store, runs: number, end: Date): Promise<void> {
  const chunks = Math.ceil((runs * SPANS_PER_RUN) / CHUNK_SPANS)
  const memory = createMemory()
  const now = new Date(end.getTime() + 2 * COPY_MS)
  for (let chunk = 0; chunk < chunks; chunk++) {
    const params = {
      chunk,
      chunks,
      runs: Math.ceil(runs / chunks),
      mostSpans: MOST_SPANS,
      chunkMs: Math.floor(COPY_MS / chunks),
      end: Math.floor(end.getTime() / 1000),
    }
    const described = await rows<{ name: string }>(base, `DESCRIBE (${SELECT_CHUNK})`, params)
    const columns = described.map(({ name }) => name).join(', ')
    await execute(base, `INSERT INTO spans (${columns}) ${SELECT_CHUNK}`, params)
    while ((await settleQuiet(base, { quietMs: 0, now, memory })).more);
  }
  // Each row is there once then.
  for (const table of Object.keys(COPIED)) await execute(base, `OPTIMIZE TABLE ${table} FINAL`)
}

/** @param base of which client all is asked: both databases are named in full */
async function copyDay(base: Store, { database }: Store, progress: (spans: number) => void): Promise<void> {
  // What is copied is settled.
  await execute(base, `DETACH TABLE ${database}.unsettled_traces_from_spans`)
  let spans = 0
  for (let copy = 0; copy < COPIES; copy++) {
    const params = {
      copy,
      laterMs: (copy - COPIES + 1) * COPY_MS,
      version: Math.floor(copy / COPIES_PER_VERSION),
      perMille: Math.round(shareOf(copy) * 1000),
      settled: String(Date.now() * 1000),
    }
    for (const [table, replaced] of Object.entries(COPIED)) {
      const columns = await columnsOf(base, table)
      await execute(
        base,
        `INSERT INTO ${database}.${table} (${columns})
        SETTINGS optimize_on_insert = 0, max_insert_threads = 2
        SELECT * REPLACE (${replaced.join(', ')})
        FROM (SELECT ${columns} FROM ${table} WHERE cityHash64(trace_id) % 1000 < {perMille:UInt32}) AS base`,
        params,
      )
    }
    for (const insert of INSERT_MINUTES) await execute(base, insert(database), params)
    const [row] = await rows<{ spans: number }>(
      base,
      `SELECT sum(rows) AS spans FROM system.parts WHERE active AND database = {database:String} AND table = 'spans'`,
      { database },
    )
    spans = row!.spans
    progress(spans)
  }
  await execute(base, `ATTACH TABLE ${database}.unsettled_traces_from_spans`)
}

async function columnsOf(base: Store, table: string): Promise<string> {
  const found = await rows<{ name: string }>(
    base,
    `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String} AND default_kind != 'ALIAS' AND name != 'run_key'
    ORDER BY position`,
    { table },
  )
  return found.map(({ name }) => name).join(', ')
}

const later = (time: string): string => `base.${time} + toIntervalMillisecond({laterMs:Int64}) AS ${time}`
/** Declared ids of runs are told apart as ids of traces are; '' stays. */
const copyName = (name: string): string =>
  `if(base.${name} = '', '', concat(base.${name}, '-', toString({copy:UInt32}))) AS ${name}`
const COPY_ID = 'murmurHash3_128(id, {copy:UInt32})'
const NEXT_VERSION = `concat(toString({version:UInt32}), '.', base.version) AS version`

/** What a copy has instead, by table. */
const COPIED = {
  spans: [
    `murmurHash3_128(base.trace_id, {copy:UInt32}) AS trace_id`,
    copyName('declared_run_id'),
    copyName('session_id'),
    NEXT_VERSION,
    later('start'),
    `if(base.end = toDateTime64(0, 9, 'UTC'), base.end, base.end + toIntervalMillisecond({laterMs:Int64})) AS end`,
    later('received'),
  ],
  runs: [
    `murmurHash3_128(base.trace_id, {copy:UInt32}) AS trace_id`,
    `arrayMap(id -> ${COPY_ID}, base.trace_ids) AS trace_ids`,
    `if(base.run_id = lower(hex(base.trace_id)), lower(hex(murmurHash3_128(base.trace_id, {copy:UInt32}))), concat(base.run_id, '-', toString({copy:UInt32}))) AS run_id`,
    copyName('session_id'),
    NEXT_VERSION,
    later('start'),
    `fromUnixTimestamp64Micro({settled:Int64}, 'UTC') AS settled`,
    '0 AS replaces',
  ],
}

/** The minutes of what was copied last. Copies share none: each begins ten minutes after the one before. */
const INSERT_MINUTES = (
  [
    ['run_minutes', RUN_TOTALS],
    ['step_minutes', STEP_TOTALS],
  ] as const
).map(([table, totals]) => (database: string) => {
  const copied = `settled = fromUnixTimestamp64Micro({settled:Int64}, 'UTC')`
  return `
  INSERT INTO ${database}.${table} (${totals.groups}, ${totals.columns}, settled)
  SELECT *, now64(6) FROM (${minutesSql(totals, `${database}.runs AS run`, ROUNDED_DURATIONS, copied)})`
})
