import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createTestStore, type TestStore } from './testing/database.ts'
import { startTestCollector } from './testing/start-collector.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'
import { untilStored } from './testing/until-stored.ts'

let store: TestStore

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
})
afterAll(() => store?.drop())

function fileOf(content: string): string {
  const path = join(temporaryDirectory(), 'prices.json')
  writeFileSync(path, content)
  return path
}

/** A call of 1,000 tokens in and 100 out. */
function call(spanId: string, model: string): object {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const number = (key: string, intValue: number) => ({ key, value: { intValue } })
  return {
    ...{ traceId: 'ab'.repeat(16), spanId, name: 'chat', startTimeUnixNano: '1', endTimeUnixNano: '2' },
    attributes: [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.request.model', model),
      number('gen_ai.usage.input_tokens', 1000),
      number('gen_ai.usage.output_tokens', 100),
    ],
  }
}

test('prices of the file, of the project and of the list', async () => {
  const prices = fileOf(
    JSON.stringify({
      models: { ours: { input: 1, output: 10 }, shared: { input: 4 } },
      projects: { [store.project]: { shared: { input: 8 } }, other: { theirs: { input: 8 } } },
    }),
  )
  const collector = await startTestCollector({ store, prices })
  try {
    const spans = ['ours', 'shared', 'theirs', 'gpt-4o'].map((model, at) =>
      call(`${at + 1}`.repeat(16), model),
    )
    const response = await fetch(`${collector.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    })
    expect(response.status).toBe(200)
    await untilStored(collector)
  } finally {
    await collector.close()
  }
  const stored = await rows(
    store,
    'SELECT model, cost, cost_estimated AS estimated FROM spans ORDER BY span_id',
  )
  expect(stored).toEqual([
    { model: 'ours', cost: 0.002, estimated: 1 },
    { model: 'shared', cost: 0.008, estimated: 1 },
    { model: 'theirs', cost: 0, estimated: 2 },
    { model: 'gpt-4o', cost: 0.0035, estimated: 1 },
  ])
})

test('a collector does not start with prices that it cannot read', async () => {
  const prices = fileOf('{"models":{"ours":{"input":"1"}}}')
  await expect(startTestCollector({ store, prices })).rejects.toThrow(
    `WEIR_PRICES=${prices}: "models"."ours"."input" is "1", expected US dollars per million tokens, 0 or more`,
  )
})
