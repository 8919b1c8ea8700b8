import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { protobufOfJson, SpanBlock } from '@weir/dialects'
import { captureNames, readCapture } from '@weir/dialects/testing'
import type {} from '@weir/engines/testing'
import { createStore, execute, migrate, rows, type Store } from '@weir/store'
import { getRunRecords } from '@weir/store/pages'
import { readSpans, toRunRecords } from '@weir/store/run-model'
import { settleTraces } from '@weir/store/settle'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

const captures = captureNames('')
  .filter((name) => !name.startsWith('edge-'))
  .map(readCapture)

let store: Store

const blocks = new Map(captures.map((capture) => [capture.name, blockOf(capture)]))

/** Some captures have a trace in common. */
const local = toRunRecords([...blocks.values()].flatMap(readSpans))

beforeAll(async () => {
  const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
  store = createStore({ url: inject('clickhouseUrl'), database })
  await migrate(store)
  const { stream } = await store.client.exec({
    query: 'INSERT INTO spans FORMAT Native',
    values: Readable.from(blocks.values()),
  })
  await buffer(stream)
  const traces = await rows<{ id: string }>(store, 'SELECT DISTINCT lower(hex(trace_id)) AS id FROM spans')
  await settleTraces(
    store,
    traces.map(({ id }) => id),
  )
})

afterAll(async () => {
  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database: store.database })
  await store.close()
})

/** The spans of a capture as the collector inserts them. */
function blockOf({ requests }: (typeof captures)[number]): Buffer {
  const block = new SpanBlock()
  for (const { body, contentType } of requests)
    block.append(contentType.includes('json') ? protobufOfJson(body) : body, 'default')
  return block.take()
}

describe('runs, steps and calls of recorded clients are the same from the store as in this process', () => {
  test.for([...blocks])('%s', async ([, bytes]) => {
    const runIds = toRunRecords(readSpans(bytes)).map(({ runId }) => runId)
    const recorded = await getRunRecords(store, { runIds, details: true })
    expect(recorded).toEqual(local.filter(({ runId }) => runIds.includes(runId)))
  })
})
