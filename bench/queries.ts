import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startInstallation } from '@weir/engines/testing'
import { createStore, firstRow, migrate, rows, type Store } from '@weir/store'
import { compare, parseSide } from '@weir/store/compare'
import {
  getFlowPage,
  getOverview,
  getRunPage,
  getSessionPage,
  getStoreStats,
  type RunSearch,
  searchRuns,
} from '@weir/store/pages'
import { parseQuery } from '@weir/store/run-query'
import { generate } from './generate.ts'
import { Generator } from './ingest/generator.ts'
import { readLedger } from './ingest/ledger.ts'
import { type Running, startProcess } from './processes.ts'

export const name = 'What pages ask of a filled store, beside what each may take with 100 million spans'

const REPEATS = 20
/** What takes longer is asked less often, but three times. */
const LONGEST_MS = 20_000

/** So many ask at once, each question by itself. */
const READERS = Number(process.env.WEIR_BENCH_READERS ?? 1)
/** Spans a second that come in meanwhile. */
const RATE = Number(process.env.WEIR_BENCH_RATE ?? 0)

/**
 * Fills a store of its own and times what pages ask. `WEIR_BENCH_SPANS` says how many spans: default a million. With
 * `WEIR_BENCH_STORE`, a directory, the store stays there, and is asked again without being filled again. `WEIR_BENCH_READERS` ask at
 * once, while `WEIR_BENCH_RATE` spans a second are sent to a Weir on this store.
 */
export async function run(): Promise<string> {
  const spans = Number(process.env.WEIR_BENCH_SPANS ?? 1_000_000)
  const kept = process.env.WEIR_BENCH_STORE
  const directory = kept ?? (await mkdtemp(join(tmpdir(), 'weir-bench-')))
  const engine = await startProcess('engine-process', directory)
  const store = createStore({ url: engine.url, database: 'bench', timeout: 3_600_000 })
  try {
    await migrate(store)
    if ((await getStoreStats(store)).runs === 0)
      await generate(store, spans, new Date(), (done) =>
        console.error(`generated ${done.toLocaleString('en')} spans`),
      )
    await using load = RATE === 0 ? undefined : await startLoad(engine.url, store.database)
    return `${await measure(store, engine)}${load ? `\n\n${await load.describe()}` : ''}`
  } finally {
    await store.close()
    await engine.stop()
    if (kept === undefined) await rm(directory, { recursive: true, force: true })
  }
}

interface BackgroundLoad extends AsyncDisposable {
  /** What has come so far. */
  describe(): Promise<string>
}

const LOAD = { shape: 'sdk', encoding: 'protobuf', gzip: false, batch: 500, connections: 16 } as const
const LONGEST_LOAD_SECONDS = 3_600

/** Spans come in at a fixed rate, and are settled, until it is disposed. */
async function startLoad(url: string, database: string): Promise<BackgroundLoad> {
  const weir = await startInstallation({
    env: { WEIR_CLICKHOUSE_URL: url, WEIR_CLICKHOUSE_DATABASE: database },
  })
  const generator = new Generator()
  const requests = Math.ceil((RATE * LONGEST_LOAD_SECONDS) / LOAD.batch)
  // No two loads on a store share a span: ids differ for 2^32 of them.
  const firstSpan = (Math.floor(Date.now() / 1000) % 4_000) * 1_000_000
  await generator.prepare({
    ...LOAD,
    url: weir.collectorUrl,
    requests,
    firstSpan,
    spansPerSecond: RATE,
  })
  const begin = performance.now()
  let failure: unknown
  generator.run().catch((error: unknown) => {
    failure = error
  })
  return {
    describe: async () => {
      if (failure !== undefined) throw failure
      const { received, stored } = await readLedger(weir.collectorUrl)
      const seconds = (performance.now() - begin) / 1000
      return `meanwhile ${RATE.toLocaleString('en')} spans/s were offered, ${Math.round(received / seconds).toLocaleString('en')} acknowledged and ${Math.round(stored / seconds).toLocaleString('en')} stored`
    },
    [Symbol.asyncDispose]: async () => {
      generator.close()
      await weir[Symbol.asyncDispose]()
    },
  }
}

interface Question {
  readonly text: string
  /** Milliseconds that it may take with 100 million spans. */
  readonly budgetMs: number
  /** @param nth from 0: another run, session or user each time */
  readonly ask: (nth: number) => Promise<unknown>
}

async function measure(store: Store, engine: Running): Promise<string> {
  const questions = await questionsOf(store)
  const stats = await getStoreStats(store)
  const lines: string[] = []
  for (const { text, budgetMs, ask } of questions) {
    const times: number[] = []
    const first = performance.now()
    await ask(REPEATS)
    const [started, startedCpu] = [performance.now(), engine.cpu()]
    const reader = async () => {
      for (let nth = 0; nth < REPEATS && (nth < 3 || performance.now() - started < LONGEST_MS); nth++) {
        const begin = performance.now()
        await ask(nth)
        times.push(performance.now() - begin)
      }
    }
    await Promise.all(Array.from({ length: READERS }, reader))
    const cpu = ((engine.cpu() - startedCpu) * 1000) / times.length
    times.sort((a, b) => a - b)
    const [median, worst] = [times[Math.floor(times.length / 2)]!, times.at(-1)!]
    lines.push(
      `| ${text} | ${budgetMs} | ${median.toFixed(1)} | ${worst.toFixed(1)} | ${(started - first).toFixed(1)} | ${cpu.toFixed(0)} | ${times.length} |`,
    )
    console.error(lines.at(-1))
  }
  const perSpan = (stats.diskBytes / stats.spans).toFixed(1)
  return [
    `${stats.spans.toLocaleString('en')} spans, ${stats.runs.toLocaleString('en')} runs, ${perSpan} B/span on the disk, payloads included; warm, ${READERS} at once`,
    '',
    '| question | budget ms | median ms | worst ms | the first time ms | CPU of the engine ms | asked |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n')
}

/** As docs/STORAGE.md says, instead of FINAL. */
const LATEST = `run.is_deleted = 0 AND ((run.run_key, if(run.replaces = 0, toDateTime64(-1, 6, 'UTC'), run.settled)) IN (
  SELECT run_key, arrayJoin([toDateTime64(-1, 6, 'UTC'), max(settled)]) FROM runs WHERE replaces = 1 GROUP BY run_key)) = run.replaces`

async function questionsOf(store: Store): Promise<Question[]> {
  const newest = await firstRow<{ ms: number }>(
    store,
    `SELECT toUnixTimestamp64Milli(quantileExact(0.999)(start)) AS ms FROM runs`,
  )
  const to = new Date(newest!.ms)
  const day = { from: new Date(to.getTime() - 86_400_000), to }
  const sampled = await rows<{ id: string; session: string; user: string }>(
    store,
    `SELECT run_id AS id, session_id AS session, user_id AS user FROM runs
    WHERE start BETWEEN fromUnixTimestamp64Milli({from:Int64}) AND fromUnixTimestamp64Milli({to:Int64})
    ORDER BY run_key LIMIT ${REPEATS + 1}`,
    { from: day.from.getTime(), to: day.to.getTime() },
  )
  const rare = await rows<{ call: string }>(
    store,
    `SELECT attributes['gen_ai.tool.call.id'] AS call FROM spans WHERE kind = 'tool' LIMIT ${REPEATS + 1}`,
  )
  const versions = await rows<{ version: string }>(
    store,
    `SELECT version FROM run_minutes WHERE flow = 'flow-7' GROUP BY version ORDER BY sum(runs) DESC LIMIT 2`,
  )
  const search = (wanted: Partial<RunSearch>) => searchRuns(store, { ...day, ...wanted })
  const query = (text: string, more: Partial<RunSearch> = {}) => search({ query: parseQuery(text), ...more })
  const sides = (flow: string) => {
    const window = `window=${day.from.toISOString()}..${day.to.toISOString()}`
    const [base, candidate] = versions.map(({ version }) => parseSide(`version=${version},${window}`))
    return compare(store, { flow, base: base!, candidate: candidate!, now: to })
  }
  const order = `
    SELECT countIf(arrayFirstIndex(name -> name = 'step-1', step_names) < arrayFirstIndex(name -> name = 'step-5', step_names)) AS kept
    FROM runs AS run WHERE ${LATEST}`
  const own = (nth: number) => sampled[nth]!
  return [
    { text: 'a run by its id', budgetMs: 15, ask: (nth) => getRunPage(store, { runId: own(nth).id }) },
    { text: 'newest 50 runs', budgetMs: 30, ask: () => search({}) },
    { text: 'newest 50 runs of a flow', budgetMs: 30, ask: () => search({ flow: 'flow-7' }) },
    {
      text: 'newest 50 failed runs of a version',
      budgetMs: 30,
      ask: () => query(`status:error version:${versions[0]!.version}`),
    },
    {
      text: 'slowest 50 runs of a flow',
      budgetMs: 60,
      ask: () => search({ flow: 'flow-7', order: 'slowest' }),
    },
    { text: 'slowest 50 runs', budgetMs: 60, ask: () => search({ order: 'slowest' }) },
    { text: 'a session', budgetMs: 30, ask: (nth) => getSessionPage(store, { sessionId: own(nth).session }) },
    { text: 'runs of a session', budgetMs: 30, ask: (nth) => query(`session:${own(nth).session}`) },
    { text: 'runs of a user', budgetMs: 30, ask: (nth) => query(`user:${own(nth).user}`) },
    {
      text: 'an attribute that 1 run in 40 has',
      budgetMs: 60,
      ask: (nth) => query(`"tenant":"tenant-${nth}"`),
    },
    {
      text: 'an attribute that 1 run in 5,000 has',
      budgetMs: 60,
      ask: (nth) => query(`"customer.id":"customer-${nth * 7}"`),
    },
    {
      text: 'an attribute that 1 span in 100,000 has',
      budgetMs: 60,
      ask: (nth) => query(`"gen_ai.tool.call.id":"${rare[nth]!.call}"`),
    },
    { text: 'overview', budgetMs: 50, ask: () => getOverview(store, day) },
    { text: 'flow page', budgetMs: 100, ask: () => getFlowPage(store, { ...day, flow: 'flow-7' }) },
    { text: 'compare two versions of a flow', budgetMs: 150, ask: () => sides('flow-7') },
    { text: 'compare two versions of the largest flow', budgetMs: 150, ask: () => sides('flow-0') },
    { text: 'order of two steps, in all runs', budgetMs: 500, ask: () => rows(store, order) },
    { text: 'a word that most runs have', budgetMs: 100, ask: () => query('messages') },
    { text: 'a word that no run has', budgetMs: 100, ask: (nth) => query(`nowhere${nth}`) },
  ]
}
