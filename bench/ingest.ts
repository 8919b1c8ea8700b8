import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createStore, execute, firstRow, migrate, SPAN_COLUMNS, type Store } from '@weir/store'
import { OtlpBody } from './otlp-generator.ts'
import { type Running, startProcess } from './processes.ts'

export const name = 'ingest: protobuf over HTTP, about ten attributes per span'

const BATCH = 500
const SPANS = 400_000
const WARM_UP = 50_000
const CONNECTIONS = 8

/** Measures ingest against the floor: the engine loading the same rows from one Native file. */
export async function run(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const engine = await startProcess('ingest-process', 'engine', join(directory, 'clickhouse'))
  const store = createStore({ url: engine.url, database: 'weir' })
  try {
    await migrate(store)
    const collector = await startProcess('ingest-process', 'collector', engine.url)
    await sendAll(collector.url, WARM_UP, 0)
    await quiet(engine)
    const ingest = await measureIngest(engine, collector)
    await collector.stop()
    const stored = await countSpans(store, 'spans')
    if (stored !== WARM_UP + SPANS)
      throw new Error(`${stored} spans are stored, ${WARM_UP + SPANS} were acked`)
    const floor = await measureFloor(engine, store, join(directory, 'spans.native'))
    return table(ingest, floor)
  } finally {
    await store.close()
    await engine.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Ingest {
  readonly spansPerSecond: number
  /** Microseconds of CPU per span. */
  readonly engine: number
  readonly collector: number
  readonly generator: number
  /** Milliseconds from a request to its ack, ascending. */
  readonly acks: readonly number[]
  readonly rss: number
}

async function measureIngest(engine: Running, collector: Running): Promise<Ingest> {
  const before = { engine: engine.cpu(), collector: collector.cpu(), own: process.cpuUsage() }
  const began = performance.now()
  const acks = await sendAll(collector.url, SPANS, 1_000_000)
  const seconds = (performance.now() - began) / 1000
  const own = process.cpuUsage(before.own)
  const rss = collector.rss()
  await quiet(engine)
  return {
    spansPerSecond: SPANS / seconds,
    engine: perSpan(engine.cpu() - before.engine),
    collector: perSpan(collector.cpu() - before.collector),
    generator: (own.user + own.system) / SPANS,
    acks: acks.sort((a, b) => a - b),
    rss,
  }
}

/** Microseconds of CPU per span for the same rows from one file, written by the engine itself. */
async function measureFloor(engine: Running, store: Store, file: string): Promise<number> {
  const columns = SPAN_COLUMNS.map((column) => `\`${column.name}\``).join(', ')
  await execute(store, `INSERT INTO FUNCTION file('${file}', 'Native') SELECT ${columns} FROM spans LIMIT ${SPANS}`)
  await execute(store, 'CREATE TABLE floor AS spans')
  await quiet(engine)
  const before = engine.cpu()
  await execute(store, `INSERT INTO floor (${columns}) SELECT ${columns} FROM file('${file}', 'Native')`)
  await quiet(engine)
  const used = perSpan(engine.cpu() - before)
  const loaded = await countSpans(store, 'floor')
  if (loaded !== SPANS) throw new Error(`${loaded} spans were loaded from the file, expected ${SPANS}`)
  return used
}

/** Sends requests over several connections; resolves to the milliseconds that each took. */
async function sendAll(url: string, spans: number, firstNumber: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const requests = spans / BATCH
  const acks: number[] = []
  let sent = 0
  const sendNext = async () => {
    const body = new OtlpBody(BATCH)
    while (sent < requests) {
      body.patch(firstNumber + sent++)
      const began = performance.now()
      await post(agent, new URL('/v1/traces', url), body.bytes)
      acks.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, sendNext))
  agent.destroy()
  return acks
}

function post(agent: Agent, url: URL, body: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`the collector answered ${response.statusCode}`))
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** Waits until the engine has merged: less than a twentieth of a core over a second. */
async function quiet(engine: Running): Promise<void> {
  for (let seconds = 0; seconds < 60; seconds++) {
    const before = engine.cpu()
    await sleep(1000)
    if (engine.cpu() - before < 0.05) return
  }
}

async function countSpans(store: Store, from: string): Promise<number> {
  return (await firstRow<{ n: number }>(store, `SELECT count() AS n FROM ${from}`))?.n ?? 0
}

function perSpan(seconds: number): number {
  return (seconds * 1e6) / SPANS
}

function quantile(ascending: readonly number[], q: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * q))] ?? Number.NaN
}

function table(ingest: Ingest, floor: number): string {
  const ours = ingest.engine + ingest.collector
  const rows = [
    ['spans/s, acked after the insert', Math.round(ingest.spansPerSecond).toLocaleString('en')],
    ['CPU per span, collector', `${ingest.collector.toFixed(2)} us`],
    ['CPU per span, engine (inserts and merges)', `${ingest.engine.toFixed(2)} us`],
    ['CPU per span, both', `${ours.toFixed(2)} us`],
    ['CPU per span, engine loading the same rows from one Native file', `${floor.toFixed(2)} us`],
    ['ratio to that floor', `${(ours / floor).toFixed(2)} x`],
    ['CPU per span, load generator (not counted)', `${ingest.generator.toFixed(2)} us`],
    ['ack, p50', `${quantile(ingest.acks, 0.5).toFixed(1)} ms`],
    ['ack, p99', `${quantile(ingest.acks, 0.99).toFixed(1)} ms`],
    ['collector memory after the load', `${Math.round(ingest.rss / 2 ** 20)} MiB`],
  ]
  const head = `${SPANS.toLocaleString('en')} spans in requests of ${BATCH} over ${CONNECTIONS} connections`
  return [`| ${head} | |`, '|---|---:|', ...rows.map(([what, value]) => `| ${what} | ${value} |`)].join('\n')
}
