import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { manySpans } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { execute } from '@weir/store'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createTestStore } from '../testing/database.ts'
import { countSpans } from '../testing/span-counts.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'

const CHILD = new URL('../testing/collector-child.ts', import.meta.url)
const REFUSED = "span_name = 'work 7' AND span_id < unhex('0000000000000080')"

/** A collector in a process of its own, which may be killed. */
async function start(args: readonly string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(CHILD, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return { child, url }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function journalLines(directory: string): number {
  const journals = readdirSync(directory).filter((name) => name.endsWith('.parts'))
  return journals.flatMap((name) => readFileSync(join(directory, name), 'utf8').trim().split('\n')).length
}

async function metricsOf(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Object.fromEntries(
    [...text.matchAll(/^(weir_\S+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  )
}

test('a collector that is killed while it splits a segment goes on, and each span is stored or set aside once', async () => {
  const store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  onTestFinished(() => store.drop())
  await execute(store, `ALTER TABLE spans ADD CONSTRAINT refused CHECK NOT (${REFUSED})`)
  const walDirectory = temporaryDirectory()
  const args = [store.url, store.database, 'killed', walDirectory]
  let { child, url } = await start(args)
  onTestFinished(() => kill(child))
  const headers = { 'content-type': 'application/x-protobuf' }
  const body = new Uint8Array(manySpans(0, 300))
  expect((await fetch(`${url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200)
  for (const lines of [3, 8, 15]) {
    const reached = () => journalLines(walDirectory)
    await expect.poll(reached, { interval: 5 }).toBeGreaterThanOrEqual(lines)
    await kill(child)
    ;({ child, url } = await start(args))
    const { weir_spans_received_total, weir_spans_pending } = await metricsOf(url)
    expect({ weir_spans_received_total, weir_spans_pending }).toEqual({
      weir_spans_received_total: 300,
      weir_spans_pending: 300,
    })
  }
  await expect
    .poll(() => metricsOf(url))
    .toMatchObject({
      weir_spans_received_total: 300,
      weir_spans_stored_total: 288,
      'weir_spans_rejected_total{reason="poison"}': 12,
      weir_spans_pending: 0,
      weir_wal_quarantined_blocks: 1,
      weir_wal_quarantined_spans: 12,
      weir_wal_segments: 0,
    })
  expect(await countSpans(store, 'killed')).toMatchObject({ rows: 288, spans: 288, counted: 288 })
  expect(journalLines(walDirectory)).toBe(0)
})
