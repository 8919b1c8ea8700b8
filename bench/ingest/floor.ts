import { setTimeout as sleep } from 'node:timers/promises'
import { createStore, firstRow, migrate, SPAN_COLUMNS, type Store } from '@weir/store'
import { insertNativeFile, writeNativeFile } from '../native-file.ts'
import { type Running, startProcess } from '../processes.ts'

/** Loads, of which the median counts. */
const ROUNDS = 3
const QUIET_CPU = 0.05
const TIMEOUT_SECONDS = 120
const COLUMNS: string = SPAN_COLUMNS.map(({ name }) => `\`${name}\``).join(', ')

/** Keeps spans of a service as one Native file, in an order that random ids come in; gives their number. */
export async function writeSpans(
  store: Store,
  service: string,
  limit: number,
  file: string,
): Promise<number> {
  const spans = 'FROM spans FINAL WHERE service = {service:String}'
  const query = `SELECT ${COLUMNS} ${spans} ORDER BY sipHash64(trace_id) LIMIT ${limit}`
  await writeNativeFile(store, file, query, { service })
  const row = await firstRow<{ n: number }>(store, `SELECT least(count(), ${limit}) AS n ${spans}`, {
    service,
  })
  return row?.n ?? 0
}

/** Microseconds of CPU per span of an engine of its own that loads the file into the same tables and views. */
export async function measureFloor(directory: string, file: string, spans: number): Promise<number> {
  const engine = await startProcess('engine-process', directory)
  try {
    const costs: number[] = []
    for (let round = 0; round < ROUNDS; round++)
      costs.push(await loadOnce(engine, `floor${round}`, file, spans))
    return costs.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!
  } finally {
    await engine.stop()
  }
}

async function loadOnce(engine: Running, database: string, file: string, spans: number): Promise<number> {
  const store = createStore({ url: engine.url, database })
  try {
    await migrate(store)
    await untilQuiet(engine)
    const before = engine.cpu()
    await insertNativeFile(store, 'spans', COLUMNS, file)
    await untilQuiet(engine)
    const cost = ((engine.cpu() - before) * 1e6) / spans
    const row = await firstRow<{ n: number }>(store, 'SELECT count() AS n FROM spans')
    if (row?.n !== spans) throw new Error(`${row?.n} spans were loaded from the file, expected ${spans}`)
    return cost
  } finally {
    await store.close()
  }
}

/** Waits until nothing is merged any more. */
async function untilQuiet(engine: Running): Promise<void> {
  for (let second = 0; second < TIMEOUT_SECONDS; second++) {
    const before = engine.cpu()
    await sleep(1000)
    if (engine.cpu() - before < QUIET_CPU) return
  }
  throw new Error(`the engine is busy after ${TIMEOUT_SECONDS} s`)
}
