import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStore, execute, firstRow, migrate, type Store } from '@weir/store'
import { createMemory, settleQuiet } from '@weir/store/settle'
import { type Running, startProcess } from './processes.ts'

export const name = 'large-trace: one trace of many spans, settled'

const SHAPES = [
  { name: 'a tree: each span has ten children', parent: 'intDiv(number - 1, 10)' },
  { name: 'a chain: each span has one child', parent: 'number - 1' },
]

/** Time and memory of a pass over one trace of `WEIR_BENCH_SPANS` spans: default a million. */
export async function run(): Promise<string> {
  const spans = Number(process.env.WEIR_BENCH_SPANS ?? 1_000_000)
  const lines: string[] = []
  for (const shape of SHAPES) lines.push(await settleOne(shape, spans))
  return [
    `One trace of ${spans.toLocaleString('en')} spans, every tenth of them a step`,
    '',
    '| shape | pass | worker, most memory | before | engine after |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n')
}

async function settleOne(shape: (typeof SHAPES)[number], spans: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const engine = await startProcess('engine-process', join(directory, 'clickhouse'))
  const store = createStore({ url: engine.url, database: 'bench', timeout: 600_000 })
  try {
    await migrate(store)
    await execute(store, rowsOf(shape.parent), { spans, base: String((Date.now() - 60_000) * 1e6) })
    return await settle(store, engine, shape.name)
  } finally {
    await store.close()
    await engine.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function settle(store: Store, engine: Running, shape: string): Promise<string> {
  const before = process.memoryUsage.rss()
  // Sets the greatest resident size back to the present one.
  writeFileSync('/proc/self/clear_refs', '5')
  const start = performance.now()
  await settleQuiet(store, { quietMs: 0, now: new Date(Date.now() + 60_000), memory: createMemory() })
  const seconds = (performance.now() - start) / 1000
  const most = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
  const run = await firstRow<{ spans: number; steps: number }>(
    store,
    'SELECT sum(span_count) AS spans, sum(length(step_names)) AS steps FROM runs FINAL',
  )
  const mega = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
  return `| ${shape} (${run?.spans} spans, ${run?.steps} steps) | ${seconds.toFixed(1)} s | ${mega(most)} | ${mega(before)} | ${mega(engine.rss())} |`
}

function rowsOf(parent: string): string {
  const id = (number: string) => `reinterpretAsFixedString(bitXor(toUInt64(${number}), 0x9e3779b97f4a7c15))`
  return `
  INSERT INTO spans (project, trace_id, span_id, parent_span_id, name, kind, status, service, start, end)
  SELECT 'default', murmurHash3_128('large')::FixedString(16), ${id('number')},
    if(number = 0, toFixedString('', 8), ${id(`if(number = 0, 0, ${parent})`)}), concat('step ', toString(number % 50)),
    if(number = 0, 'flow', if(number % 10 = 0, 'step', 'span')), 'ok', 'bench',
    fromUnixTimestamp64Nano({base:Int64} + number * 1000, 'UTC'), fromUnixTimestamp64Nano({base:Int64} + number * 1000 + 500, 'UTC')
  FROM numbers({spans:UInt64})`
}
