import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStore, migrate, type Store } from '@weir/store'
import { createMemory } from '@weir/store/settle'
import { type Running, startProcess } from './processes.ts'
import { compareMerges, compareTables } from './storage/compare-tables.ts'
import { CHUNK } from './storage/generate-spans.ts'
import { untilQuiet, writeChunk } from './storage/load.ts'
import { askQuestions } from './storage/questions.ts'
import { MERGES, VARIANTS } from './storage/variants.ts'
import { type Cost, describeBytes, fill } from './storage/whole.ts'

export const name = 'Storage: alternatives for spans, bytes by column, and what is asked of a filled store'

const CHUNK_SPANS = 100_000
/** Alternatives are compared on so many of the spans: each of them has to be stored 26 times. */
const COMPARED_CHUNKS = 20

/** `WEIR_BENCH_SPANS` says how many spans the store is filled with: default two million. */
export async function run(): Promise<string> {
  const chunks = Math.max(1, Math.ceil(Number(process.env.WEIR_BENCH_SPANS ?? 2_000_000) / CHUNK_SPANS))
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const engine = await startProcess('engine-process', join(directory, 'clickhouse'))
  const store = createStore({ url: engine.url, database: 'bench', timeout: 3_600_000 })
  // What a settling process finds of the time before it started takes longer than what comes as it goes.
  const end = new Date(Date.now() + (chunks + 1) * CHUNK.chunkMs)
  const write = (chunk: number) =>
    writeChunk(store, join(directory, `${chunk}.native`), {
      chunk,
      chunks,
      end: Math.floor(end.getTime() / 1000),
    })
  try {
    await migrate(store)
    const compared = await compare(engine, store, directory, Math.min(chunks, COMPARED_CHUNKS), write)
    const filled = await fillAll(engine, store, directory, end, chunks, write)
    return [...compared, ...filled, await askQuestions(store, end)].join('\n\n')
  } finally {
    await store.close()
    await engine.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function compare(
  engine: Running,
  store: Store,
  directory: string,
  chunks: number,
  write: (chunk: number) => Promise<number>,
): Promise<string[]> {
  let spans = 0
  for (let chunk = 0; chunk < chunks; chunk++) spans += await write(chunk)
  const files = Array.from({ length: chunks }, (_, chunk) => join(directory, `${chunk}.native`))
  const tables = await compareTables(engine, store, VARIANTS, files, spans)
  const merges = await compareMerges(engine, store, MERGES, files, spans)
  for (const file of files) rmSync(file)
  return [`${spans.toLocaleString('en')} spans in each table; CPU of the engine`, tables, merges]
}

async function fillAll(
  engine: Running,
  store: Store,
  directory: string,
  end: Date,
  chunks: number,
  write: (chunk: number) => Promise<number>,
): Promise<string[]> {
  const settler = { memory: createMemory() }
  const cost: Cost = { inserts: 0, settling: 0 }
  let spans = 0
  for (let chunk = 0; chunk < chunks; chunk++) {
    spans += await write(chunk)
    const file = join(directory, `${chunk}.native`)
    await fill(engine, store, file, { ...settler, now: new Date(end.getTime() + CHUNK.chunkMs) }, cost)
    rmSync(file)
    if (chunk % 10 === 9) console.error(`stored and settled ${spans.toLocaleString('en')} spans`)
  }
  const rest = await untilQuiet(engine, store)
  const us = (seconds: number) => ((seconds * 1e6) / spans).toFixed(2)
  return [
    `${spans.toLocaleString('en')} spans with views and settling, CPU of the engine in us/span, merges meanwhile included: ` +
      `inserts ${us(cost.inserts)}, settling ${us(cost.settling)}, merges afterwards ${us(rest)}`,
    await describeBytes(store, spans),
  ]
}
