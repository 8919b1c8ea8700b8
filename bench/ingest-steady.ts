import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadPlan } from './ingest/load.ts'
import { runSteady } from './ingest/steady.ts'
import { System } from './ingest/system.ts'

export const name = 'ingest-steady: a fixed rate for minutes'

const BATCH = 500
const CONNECTIONS = 32

/** `WEIR_BENCH_MINUTES` (10) of `WEIR_BENCH_RATE` (100000) spans/s in `WEIR_BENCH_ENCODING` (protobuf). */
export async function run(): Promise<string> {
  const rate = Number(process.env.WEIR_BENCH_RATE ?? 100_000)
  const minutes = Number(process.env.WEIR_BENCH_MINUTES ?? 10)
  const encoding = process.env.WEIR_BENCH_ENCODING === 'json' ? 'json' : 'protobuf'
  const directory = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  try {
    await using system = await System.start(join(directory, 'home'))
    const plan: LoadPlan = {
      url: system.weir.collectorUrl,
      shape: 'sdk',
      encoding,
      gzip: false,
      batch: BATCH,
      connections: CONNECTIONS,
      requests: Math.round((rate * minutes * 60) / BATCH),
      firstSpan: 0,
      spansPerSecond: rate,
    }
    return await runSteady(system, plan)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
