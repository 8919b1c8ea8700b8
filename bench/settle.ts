import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createStore, execute, firstRow, migrate, type Store } from '@weir/store'
import { createMemory, settleQuiet } from '@weir/store/settle'
import { insertNativeFile, writeNativeFile } from './native-file.ts'
import { type Running, startProcess } from './processes.ts'
import { COLUMNS, MIXES, type Mix, rowsOf, SPANS_PER_TRACE } from './settle/mixes.ts'

export const name = 'settle: spans into runs, as the worker does it'

/** Spans of one insert, and of one pass: those of a second at the rate that is aimed at. */
const BLOCK = 100_000
const BACKLOG = Number(process.env.WEIR_BENCH_BACKLOG ?? 0)
const BLOCKS = BACKLOG > 0 ? Math.ceil(BACKLOG / BLOCK) : 10
/** A pass settles what came so many inserts before: meanwhile parts are merged. */
const LAG = BACKLOG > 0 ? BLOCKS : 3

/**
 * Measures the CPU of settling against that of inserting the same spans, merges included. `WEIR_BENCH_SPANS` settled
 * spans are in the table before: default none. With `WEIR_BENCH_BACKLOG`, so many spans are all inserted before the first pass.
 */
export async function run(): Promise<string> {
  const before = Number(process.env.WEIR_BENCH_SPANS ?? 0)
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const engine = await startProcess('engine-process', join(directory, 'clickhouse'))
  try {
    const lines: string[] = []
    for (const [nth, mix] of MIXES.entries()) {
      const open = (what: string) => openStore(engine, `${what}${nth}`)
      const inserted = await measure(engine, await open('inserted'), mix, directory, 0, false)
      const settled = await measure(engine, await open('settled'), mix, directory, before, true)
      lines.push(line(mix, inserted, settled))
    }
    return [
      `${(BLOCKS * BLOCK).toLocaleString('en')} spans in traces of ${SPANS_PER_TRACE}, ${before.toLocaleString('en')} in the table before`,
      '',
      '| spans | insert | settle: engine | worker | ratio to insert | slowest pass |',
      '| --- | ---: | ---: | ---: | ---: | ---: |',
      ...lines,
    ].join('\n')
  } finally {
    await engine.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function openStore({ url }: Running, database: string): Promise<Store> {
  const store = createStore({ url, database })
  await migrate(store)
  return store
}

interface Usage {
  /** Microseconds of CPU per span, by process. */
  readonly engine: number
  readonly worker: number
  readonly slowestMs: number
}

async function measure(
  engine: Running,
  store: Store,
  mix: Mix,
  directory: string,
  before: number,
  settling: boolean,
): Promise<Usage> {
  const file = (block: number) => join(directory, `${block}.native`)
  await writeFiles(store, mix, file)
  await prefill(store, mix, before)
  await quiet(engine)
  const began = { engine: engine.cpu(), worker: process.cpuUsage() }
  const clocks: Date[] = []
  const memory = createMemory()
  let slowestMs = 0
  const settle = async (now: Date) => {
    for (let more = true; more; ) {
      const start = performance.now()
      more = (await settleQuiet(store, { quietMs: 0, now, memory })).more
      slowestMs = Math.max(slowestMs, performance.now() - start)
    }
  }
  for (let block = 0; block < BLOCKS; block++) {
    await insertNativeFile(store, 'spans', COLUMNS, file(block))
    clocks.push(await clock(store))
    const due = clocks[block - LAG]
    if (settling && due) await settle(due)
  }
  if (settling) await settle(new Date(Date.now() + 60_000))
  await quiet(engine)
  const worker = process.cpuUsage(began.worker)
  const usage = { engine: perSpan(engine.cpu() - began.engine), worker: 0, slowestMs }
  if (settling) await check(store)
  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database: store.database })
  await store.close()
  return { ...usage, worker: (worker.user + worker.system) / (BLOCKS * BLOCK) }
}

async function writeFiles(store: Store, mix: Mix, file: (block: number) => string): Promise<void> {
  await execute(store, 'CREATE TABLE generated AS spans ENGINE = Memory')
  const count = BLOCK / SPANS_PER_TRACE
  for (let block = 0; block < BLOCKS; block++) {
    const params = { first: block * count, count, base: String((Date.now() - 3_000) * 1e6) }
    await execute(store, `INSERT INTO generated (${COLUMNS}) ${rowsOf(mix)}`, params)
    await writeNativeFile(store, file(block), `SELECT ${COLUMNS} FROM generated`)
    await execute(store, 'TRUNCATE TABLE generated')
  }
  await execute(store, 'DROP TABLE generated')
}

/** Other traces, of the hour before, which are not due. */
async function prefill(store: Store, mix: Mix, spans: number): Promise<void> {
  const count = 50_000
  for (let first = 1e9; first < 1e9 + spans / SPANS_PER_TRACE; first += count) {
    const params = { first, count, base: String((Date.now() - 3_600_000) * 1e6) }
    const insert = `INSERT INTO spans (${COLUMNS}, received)`
    await execute(store, `${insert} SELECT *, now64(3) - INTERVAL 1 HOUR FROM (${rowsOf(mix)})`, params)
  }
  await execute(store, 'TRUNCATE TABLE unsettled_traces')
}

/** Nothing is left, and what was counted is what there is. */
async function check(store: Store): Promise<void> {
  const row = await firstRow<{ spans: number; runs: number; counted: number }>(
    store,
    `SELECT sum(span_count) AS spans, count() AS runs, (SELECT sum(runs) FROM run_minutes FINAL) AS counted FROM runs FINAL`,
  )
  if (row?.spans !== BLOCKS * BLOCK || row.runs !== row.counted)
    throw new Error(
      `expected ${BLOCKS * BLOCK} spans in as many runs as the minutes say, got ${JSON.stringify(row)}`,
    )
}

async function clock(store: Store): Promise<Date> {
  const row = await firstRow<{ ms: number }>(store, 'SELECT toUnixTimestamp64Milli(now64(3)) AS ms')
  await sleep(5)
  return new Date(row?.ms ?? 0)
}

/** Waits until the engine has merged: less than a twentieth of a core over a second. */
async function quiet(engine: Running): Promise<void> {
  for (let seconds = 0; seconds < 60; seconds++) {
    const before = engine.cpu()
    await sleep(1000)
    if (engine.cpu() - before < 0.05) return
  }
}

function perSpan(seconds: number): number {
  return (seconds * 1e6) / (BLOCKS * BLOCK)
}

function line({ name: what }: Mix, inserted: Usage, settled: Usage): string {
  const us = (value: number) => `${value.toFixed(2)} us`
  const engine = settled.engine - inserted.engine
  const worker = settled.worker - inserted.worker
  const ratio = (engine + worker) / inserted.engine
  return `| ${what} | ${us(inserted.engine)} | ${us(engine)} | ${us(worker)} | ${ratio.toFixed(2)} x | ${Math.round(settled.slowestMs)} ms |`
}
