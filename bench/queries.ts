import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStore, migrate, rows, type Store } from '@weir/store'
import { getFlowPage, getOverview, getRunPage, getStoreStats, searchRuns } from '@weir/store/pages'
import { generate } from './generate.ts'
import { startProcess } from './processes.ts'

export const name = 'Page queries on generated spans, embedded ClickHouse'

const REPEATS = 15

/** Fills a store of its own and times what the pages ask. `WEIR_BENCH_SPANS` says how many spans: default a million. */
export async function run(): Promise<string> {
  const spans = Number(process.env.WEIR_BENCH_SPANS ?? 1_000_000)
  const directory = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  const engine = await startProcess('engine-process', directory)
  const store = createStore({ url: engine.url, database: 'bench' })
  try {
    await migrate(store)
    const end = new Date()
    await generate(store, spans, end, (done) => console.error(`generated ${done.toLocaleString('en')} spans`))
    return await measure(store, end)
  } finally {
    await store.close()
    await engine.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function measure(store: Store, end: Date): Promise<string> {
  const day = { from: new Date(end.getTime() - 86_400_000), to: end }
  const flow = { ...day, flow: 'flow-7' }
  const ids = await rows<{ id: string }>(
    store,
    `SELECT run_id AS id FROM runs ORDER BY cityHash64(run_id) LIMIT ${REPEATS}`,
  )
  const questions: [string, (i: number) => Promise<unknown>][] = [
    ['overview, 24 h', () => getOverview(store, day)],
    ['flow page, 24 h', () => getFlowPage(store, flow)],
    ['newest 50 runs of a flow', () => searchRuns(store, flow)],
    ['slowest 50 runs of a flow, 24 h', () => searchRuns(store, { ...flow, order: 'slowest' })],
    ['run page (random runs)', (i) => getRunPage(store, { runId: ids[i]?.id ?? '' })],
  ]
  const stats = await getStoreStats(store)
  const lines: string[] = []
  for (const [question, ask] of questions) {
    const times: number[] = []
    for (let i = 0; i < REPEATS; i++) {
      const begin = performance.now()
      await ask(i)
      times.push(performance.now() - begin)
    }
    times.sort((a, b) => a - b)
    const [best, median, worst] = [times[0]!, times[Math.floor(REPEATS / 2)]!, times.at(-1)!]
    lines.push(`| ${question} | ${best.toFixed(1)} | ${median.toFixed(1)} | ${worst.toFixed(1)} |`)
  }
  const perSpan = (stats.diskBytes / stats.spans).toFixed(1)
  return [
    `${stats.spans.toLocaleString('en')} spans, ${stats.runs.toLocaleString('en')} runs, ${perSpan} B/span on disk (payloads included), ${REPEATS} repeats`,
    '',
    '| question | best ms | median ms | worst ms |',
    '| --- | ---: | ---: | ---: |',
    ...lines,
  ].join('\n')
}
