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
const SPANS = 200_000
const WARM_UP = 50_000
/** Few and many clients: requests that wait for the same insert share it. */
const CONNECTIONS = [1, 8, 64]

/** Measures ingest against the floor: the engine loading the same rows from one Native file. */
export async function run(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const engine = await startProcess('ingest-process', 'engine', join(directory, 'clickhouse'))
  const store = createStore({ url: engine.url, database: 'weir' })
  try {
    await migrate(store)
    const collector = await startProcess('ingest-process', 'collector', engine.url)
    await sendAll(collector.url, { spans: WARM_UP, firstNumber: 0, connections: 1 })
    const ingests: Ingest[] = []
    for (const connections of CONNECTIONS) ingests.push(await measureIngest(engine, collector, connections))
    await collector.stop()
    const acked = WARM_UP + SPANS * CONNECTIONS.length
    const stored = await countSpans(store, 'spans')
    if (stored !== acked) throw new Error(`${stored} spans are stored, ${acked} were acked`)
    const floor = await measureFloor(engine, store, join(directory, 'spans.native'))
    return table(ingests, floor)
  } finally {
    await store.close()
    await engine.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Ingest {
  readonly connections: number
  readonly spansPerSecond: number
  /** Microseconds of CPU per span. */
  readonly engine: number
  readonly collector: number
  readonly generator: number
  /** Milliseconds from a request to its ack, ascending. */
  readonly acks: readonly number[]
  readonly rss: number
}

async function measureIngest(engine: Running, collector: Running, connections: number): Promise<Ingest> {
  await quiet(engine)
  const before = { engine: engine.cpu(), collector: collector.cpu(), own: process.cpuUsage() }
  const began = performance.now()
  const acks = await sendAll(collector.url, {
    spans: SPANS,
    firstNumber: connections * 1_000_000,
    connections,
  })
  const seconds = (performance.now() - began) / 1000
  const own = process.cpuUsage(before.own)
  const rss = collector.rss()
  await quiet(engine)
  return {
    connections,
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
  await execute(
    store,
    `INSERT INTO FUNCTION file('${file}', 'Native') SELECT ${columns} FROM spans LIMIT ${SPANS}`,
  )
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

interface Load {
  readonly spans: number
  /** Number of the first request: no two of a benchmark may be the same. */
  readonly firstNumber: number
  readonly connections: number
}

/** Sends requests over several connections; resolves to the milliseconds that each took. */
async function sendAll(url: string, { spans, firstNumber, connections }: Load): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
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
  await Promise.all(Array.from({ length: connections }, sendNext))
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

function table(ingests: readonly Ingest[], floor: number): string {
  const us = (value: number) => `${value.toFixed(2)} us`
  const ms = (value: number) => `${value.toFixed(1)} ms`
  const both = ({ engine, collector }: Ingest) => engine + collector
  const rows: [string, (ingest: Ingest) => string][] = [
    ['spans/s, acked after the insert', (ingest) => Math.round(ingest.spansPerSecond).toLocaleString('en')],
    ['CPU per span, collector', (ingest) => us(ingest.collector)],
    ['CPU per span, engine (inserts and merges)', (ingest) => us(ingest.engine)],
    ['CPU per span, both', (ingest) => us(both(ingest))],
    ['CPU per span, engine loading as many rows from one Native file', () => us(floor)],
    ['ratio to that floor', (ingest) => `${(both(ingest) / floor).toFixed(2)} x`],
    ['CPU per span, load generator (not counted)', (ingest) => us(ingest.generator)],
    ['ack, p50', (ingest) => ms(quantile(ingest.acks, 0.5))],
    ['ack, p99', (ingest) => ms(quantile(ingest.acks, 0.99))],
    ['collector memory after the load', (ingest) => `${Math.round(ingest.rss / 2 ** 20)} MiB`],
  ]
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line([
      `${SPANS.toLocaleString('en')} spans in requests of ${BATCH}`,
      ...ingests.map(
        ({ connections }) => `${connections} ${connections === 1 ? 'connection' : 'connections'}`,
      ),
    ]),
    line(['---', ...ingests.map(() => '---:')]),
    ...rows.map(([what, value]) => line([what, ...ingests.map(value)])),
  ].join('\n')
}
