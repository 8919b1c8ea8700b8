import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStore, execute, migrate, rows, type Store } from '@weir/store'
import { getDiskUsage } from '@weir/store/pages'
import { applyRetention, type RetentionPolicy } from '@weir/store/retention'
import { createMemory, settleQuiet } from '@weir/store/settle'
import { type Running, startProcess } from './processes.ts'
import { CHUNK, SELECT_CHUNK } from './storage/generate-spans.ts'

export const name =
  'Retention: what removing costs and gives back, of one of two projects that share each part'

const CHUNK_SPANS = 100_000
const DAY_MS = 86_400_000
type RetentionDays = RetentionPolicy['runs']
const FOR_EVER: RetentionDays = { others: undefined, projects: new Map() }
const ofOld = (days: number): RetentionDays => ({ others: undefined, projects: new Map([['old', days]]) })

/** `WEIR_BENCH_SPANS` says how many spans are stored: default a million, half of them of each project. */
export async function run(): Promise<string> {
  const chunks = Math.max(2, Math.ceil(Number(process.env.WEIR_BENCH_SPANS ?? 1_000_000) / CHUNK_SPANS))
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const engine = await startProcess('engine-process', join(directory, 'clickhouse'))
  const store = createStore({ url: engine.url, database: 'bench', timeout: 3_600_000 })
  try {
    await migrate(store)
    await fill(store, chunks)
    const lines = ['| what | seconds | CPU of the engine | of it spans | runs | MB before | MB after |']
    lines.push('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
    const measure = async (what: string, policy: Partial<RetentionPolicy>, days: number) =>
      lines.push(await round(engine, store, what, { runs: FOR_EVER, payloads: FOR_EVER, ...policy }, days))
    await measure('nothing to do', {}, 1)
    await measure('payloads of one project', { payloads: ofOld(1) }, 3)
    await measure('its runs', { runs: ofOld(5) }, 8)
    await measure('the same again', { runs: ofOld(5) }, 8)
    await measure('all that is left', { runs: { ...FOR_EVER, others: 10 } }, 12)
    return lines.join('\n')
  } finally {
    await store.close()
    await engine.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function fill(store: Store, chunks: number): Promise<void> {
  const end = Math.floor(Date.now() / 1000)
  const described = await rows<{ name: string }>(store, `DESCRIBE (${SELECT_CHUNK})`, {
    ...CHUNK,
    chunk: 0,
    chunks,
    end,
  })
  // Received now: it is the rounds that are days later.
  const columns = described.map((column) => column.name).filter((column) => column !== 'received')
  for (let chunk = 0; chunk < chunks; chunk++) {
    const project = chunk % 2 === 0 ? 'kept' : 'old'
    const selected = columns.map((column) => (column === 'project' ? `'${project}' AS project` : column))
    await execute(
      store,
      `INSERT INTO spans (${columns.join(', ')}) SELECT ${selected.join(', ')} FROM (${SELECT_CHUNK})`,
      { ...CHUNK, chunk, chunks, end },
    )
  }
  const memory = createMemory()
  const now = new Date(Date.now() + 300_000)
  while ((await settleQuiet(store, { quietMs: 0, now, memory })).more);
  for (const table of ['spans', 'runs']) await execute(store, `OPTIMIZE TABLE ${table} FINAL`)
}

async function round(
  engine: Running,
  store: Store,
  what: string,
  policy: RetentionPolicy,
  inDays: number,
): Promise<string> {
  const before = await bytesOf(store)
  const [cpu, start] = [engine.cpu(), performance.now()]
  let [spans, runs] = [0, 0]
  const now = new Date(Date.now() + inDays * DAY_MS)
  for await (const removal of applyRetention(store, { policy, now })) {
    spans += removal.spans
    runs += removal.runs
  }
  const seconds = (performance.now() - start) / 1000
  const took = engine.cpu() - cpu
  const cells = [
    seconds.toFixed(1),
    took.toFixed(1),
    ...[spans, runs].map((count) => count.toLocaleString('en')),
  ]
  const megabytes = [before, await bytesOf(store)].map((bytes) => (bytes / 1e6).toFixed(1))
  return `| ${[what, ...cells, ...megabytes].join(' | ')} |`
}

async function bytesOf(store: Store): Promise<number> {
  const { tables } = await getDiskUsage(store)
  return tables.reduce((sum, { diskBytes }) => sum + diskBytes, 0)
}
