import { fork } from 'node:child_process'
import { once } from 'node:events'
import { testDatabase } from '@weir/engines/testing'
import { firstRow } from '@weir/store'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createTestStore } from './testing/database.ts'
import { fuzzHttp } from './testing/fuzz-http.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'
import { untilStored } from './testing/until-stored.ts'

/** One for twenty that `npm run fuzz` sends through the decoder alone. */
const requests = Number(process.env.WEIR_FUZZ_REQUESTS || 60_000) / 20
/** Mebibytes that a collection may leave more or less of. */
const MEMORY_NOISE = 32
const MIB = 2 ** 20

interface Memory {
  readonly kept: number
  readonly rss: number
  readonly cpu: number
}

test('mutated requests over HTTP: no crash, no hang, no 5xx, nothing kept, nothing that ClickHouse refuses', {
  timeout: 120_000 + 10 * requests,
}, async () => {
  const store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  onTestFinished(() => store.drop())
  const child = fork(
    new URL('testing/collector-child.ts', import.meta.url),
    [store.url, store.database, 'fuzz', temporaryDirectory()],
    { execArgv: ['--expose-gc'] },
  )
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    if (child.connected) child.disconnect()
    await exited
  })
  const [{ port, url }] = (await once(child, 'message')) as [{ port: number; url: string }]
  const memory: Memory[] = []
  const answered = await fuzzHttp({
    port,
    requests,
    seed: Number(process.env.WEIR_FUZZ_SEED || 1),
    observe: async () => {
      child.send('memory')
      const [now] = (await once(child, 'message')) as [Memory]
      memory.push(now)
    },
  })
  await untilStored({ url })
  const kept = memory.map((sample) => Math.round(sample.kept / MIB))
  const rss = memory.map((sample) => Math.round(sample.rss / MIB))
  console.log({ requests, answered, kept, rss, cpu: memory.at(-1)?.cpu })
  expect(child.exitCode).toBeNull()
  expect(answered['200']).toBeGreaterThan(requests / 20)
  expect(answered['400']).toBeGreaterThan(requests / 10)
  const half = kept.length / 2
  expect(Math.min(...kept.slice(half))).toBeLessThan(Math.min(...kept.slice(0, half)) + MEMORY_NOISE)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const spans = (series: string) =>
    Number(new RegExp(`^weir_spans_${series} (\\d+)$`, 'm').exec(metrics)?.[1])
  for (const reason of ['poison', 'corrupt', 'unavailable']) {
    expect(spans(`rejected_total\\{reason="${reason}"\\}`)).toBe(0)
  }
  const invalid = spans('rejected_total\\{reason="invalid_id"\\}')
  expect(spans('received_total')).toBe(spans('stored_total') + invalid)
  const stored = await firstRow<{ n: number }>(store, 'SELECT uniqExact(trace_id, span_id) AS n FROM spans')
  expect(stored?.n).toBeGreaterThan(requests / 100)
})
