import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { type Collector, startCollector } from '@weir/collector'
import type {} from '@weir/engines/testing'
import { flow, flush, init, shutdown, traceModel, traceTool } from '@weir/sdk'
import {
  createStore,
  execute,
  getRunRecords,
  migrate,
  type RunRecord,
  type Store,
  settleTraces,
} from '@weir/store'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { toRunRecords } from './run-records.ts'

let store: Store
const walDirectory = mkdtempSync(join(tmpdir(), 'weir-wal-'))
let collector: Collector
const spans: ReadableSpan[] = []

beforeAll(async () => {
  const database = `weir_test_${Math.random().toString(36).slice(2)}`
  store = createStore({ url: inject('clickhouseUrl'), database })
  await migrate(store)
  collector = await startCollector({ host: '127.0.0.1', port: 0, store, walDirectory })
  const exporter: SpanExporter = {
    export: (batch, done) => {
      spans.push(...batch)
      done({ code: 0 })
    },
    shutdown: async () => {},
  }
  init({ exporter, serviceName: 'agreement', serviceVersion: '3', environment: 'test' })
})

afterAll(async () => {
  await shutdown()
  await collector.close()
  await rm(walDirectory, { recursive: true })
  await execute(store, 'DROP DATABASE {database:Identifier}', { database: store.database })
  await store.close()
})

const step = (label: string, ms = 2) => flow.step(label, () => sleep(ms))

const inner = flow('inner', { version: '7' }, async () => {
  await step('inner step')
  return 'inner'
})

const outer = flow('outer', async (kind: string) => {
  await step('plan')
  await Promise.all([step('search', 9), step('search', 4)])
  await flow.step('nest', async () => {
    await step('below')
    await inner.run(undefined)
  })
  await flow.step('flaky', ({ attempt }) => (attempt < 3 ? Promise.reject(new Error('flaky')) : sleep(2)), {
    retry: { attempts: 3, delay: 2 },
  })
  await flow.step('spare', () => Promise.reject(new Error('down')), { fallback: () => 'spare' })
  await flow.step('ask', () =>
    traceModel({ provider: 'fake', model: 'wrapper' }, async (wrapper) => {
      wrapper.setUsage({ inputTokens: 100, outputTokens: 10, cost: 0.5 })
      await traceModel({ provider: 'fake', model: 'leaf' }, async (leaf) => {
        leaf.setUsage({ inputTokens: 90, outputTokens: 9, cost: 0.25 })
      })
    }),
  )
  await step('search')
  if (kind === 'fails') await flow.step('last', () => Promise.reject(new TypeError('no')))
  return { kind }
})

/** Without steps, the children of the root are its steps. */
const stepless = flow('stepless', async () => {
  await traceTool({ name: 'look' }, () => sleep(2))
  await traceTool({ name: 'look' }, () => sleep(2))
  await trace.getTracer('other').startActiveSpan('plain', async (span) => {
    await sleep(2)
    span.end()
  })
  await traceModel({ provider: 'fake', model: 'leaf' }, () => sleep(2))
  return 'plain text'
})

it('a run recorded in this process is the run that the store settles', async () => {
  await outer.run('works')
  await outer.run('fails').catch(() => {})
  await stepless.run(undefined, { experiment: { id: 'e1', caseId: 'c1', trial: 2 } })
  await inner.run(undefined, { runId: 'own-id' })
  await flush()
  expect(await send()).toBe(0)
  expect((await fetch(`${collector.url}/flush`, { method: 'POST' })).ok).toBe(true)
  const local = byId(toRunRecords(spans))
  await settleTraces(store, [...new Set(spans.map((span) => span.spanContext().traceId))])
  const stored = byId(await getRunRecords(store, { runIds: local.map(({ runId }) => runId) }))
  expect(local).toHaveLength(6)
  expect(local).toEqual(stored)
})

/** Sends what this process recorded; gives OpenTelemetry's result code, 0 for success. */
function send(): Promise<number> {
  const exporter = new OTLPTraceExporter({ url: `${collector.url}/v1/traces` })
  return new Promise((resolve) => exporter.export(spans, ({ code }) => resolve(code)))
}

/** By id, which sorts alike on both sides. */
function byId(runs: readonly RunRecord[]): RunRecord[] {
  return [...runs].sort((a, b) => (a.runId < b.runId ? -1 : 1))
}
