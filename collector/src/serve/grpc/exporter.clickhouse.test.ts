import { status } from '@grpc/grpc-js'
import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { createTestStore, type TestStore } from '../../testing/database.ts'
import { startTestCollector } from '../../testing/start-collector.ts'
import { untilStored } from '../../testing/until-stored.ts'

let store: TestStore
let collector: Collector

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
})
afterAll(() => store?.drop())
beforeEach(async () => {
  collector = await startTestCollector({ store, grpcPort: 0 })
})
afterEach(() => collector.close())

type ExporterOptions = ConstructorParameters<typeof OTLPTraceExporter>[0]

/** A trace of two spans, sent by OpenTelemetry's own exporter; what it reported as failed. */
async function send(name: string, options: ExporterOptions = {}): Promise<unknown> {
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${collector.grpcPort}`, ...options })
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] })
  const tracer = provider.getTracer('shop', '2')
  const parent = tracer.startSpan(name, { attributes: { 'gen_ai.operation.name': 'invoke_workflow', n: 7 } })
  const context = trace.setSpan(ROOT_CONTEXT, parent)
  const child = tracer.startSpan('charge', { links: [{ context: parent.spanContext() }] }, context)
  child.addEvent('declined', { code: 1.5 }).setStatus({ code: SpanStatusCode.ERROR, message: 'no' }).end()
  parent.end()
  const failure = await provider.forceFlush().then(
    () => undefined,
    (error: unknown) => error,
  )
  await provider.shutdown().catch(() => {})
  return failure
}

const stored = (name: string) =>
  rows<{ span_name: string }>(
    store,
    `SELECT span_name, project, status_message, parent_span_id != toFixedString('', 8) AS child, events != '' AS events,
       links != '' AS links, JSONExtractString(scope, 'scope', 'name') AS scope
     FROM spans FINAL
     WHERE trace_id IN (SELECT trace_id FROM spans WHERE span_name = {name: String})
     ORDER BY child`,
    { name },
  )

test.each(['none', 'gzip'])(
  'spans of the OpenTelemetry exporter arrive, compression: %s',
  async (compression) => {
    const name = `order ${compression}`
    expect(await send(name, { compression } as ExporterOptions)).toBeUndefined()
    await untilStored(collector)
    const common = { project: 'default', scope: 'shop' }
    expect(await stored(name)).toEqual([
      { ...common, span_name: name, status_message: '', child: 0, events: 0, links: 0 },
      { ...common, span_name: 'charge', status_message: 'no', child: 1, events: 1, links: 1 },
    ])
  },
)

test('what is refused reaches the application as what it is', async () => {
  await collector.close()
  collector = await startTestCollector({ store, grpcPort: 0, maxBodyBytes: 1024, maxPendingBytes: 1024 })
  expect(await send('x'.repeat(2000))).toMatchObject([{ code: status.RESOURCE_EXHAUSTED }])
  await collector.close()
  collector = await startTestCollector({ store, grpcPort: 0, maxPendingBytes: 1024 })
  expect(await send('x'.repeat(2000))).toMatchObject([{ code: status.UNAVAILABLE }])
})
