import { status } from '@grpc/grpc-js'
import { protobufOfJson } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { freePorts } from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { fieldsOf, GrpcClient, retryDelay } from '../../testing/grpc-client.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const LIMIT = 10_000
const EMPTY = Buffer.alloc(0)

const withoutId = protobufOfJson(Buffer.from(JSON.stringify(requestOf([{ traceId: '' }, { spanId: '00' }]))))
let collector: Collector
let client: GrpcClient

// No ClickHouse listens there: what is answered here is answered without one.
beforeAll(async () => {
  collector = await startTestCollector({ grpcPort: 0, maxBodyBytes: LIMIT, maxPendingBytes: 5 * LIMIT })
  client = new GrpcClient(collector.grpcPort!)
})
afterAll(async () => {
  client.close()
  await collector.close()
})

describe.each([false, true])('gzip: %s', (gzip) => {
  test('an empty request is a full success', async () => {
    expect(await client.export(EMPTY, { gzip })).toEqual({ response: EMPTY })
  })

  test('spans with invalid ids are a partial success', async () => {
    const { response } = await client.export(withoutId, { gzip })
    const partial = fieldsOf(fieldsOf(response!).get(1) as Buffer)
    expect(partial.get(1)).toBe(2)
    expect(String(partial.get(2))).toBe('2 spans have an invalid trace id or span id')
  })

  test('what cannot be decoded is an invalid argument', async () => {
    const { error } = await client.export(Buffer.from([0x0a, 0xff]), { gzip })
    expect(error?.code).toBe(status.INVALID_ARGUMENT)
    expect(error?.details).toMatch(/truncated varint at byte 2/)
    expect(retryDelay(error)).toBeUndefined()
  })

  test('a message over the limit, decompressed, exhausts resources, and is not to be repeated', async () => {
    const { error } = await client.export(Buffer.alloc(LIMIT + 1), { gzip })
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED)
    expect(retryDelay(error)).toBeUndefined()
  })
})

test('an unknown method is unimplemented', async () => {
  const method = '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export'
  const { error } = await client.export(EMPTY, { method })
  expect(error?.code).toBe(status.UNIMPLEMENTED)
})

describe.each(['metrics', 'logs'])('%s', (signal) => {
  const method = {
    metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  }[signal]!
  const ignored = async () => {
    const text = await (await fetch(`${collector.url}/metrics`)).text()
    const name = `weir_requests_ignored_total{transport="grpc",signal="${signal}"} `
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.slice(name.length) ?? 0,
    )
  }

  test.each([false, true])('are ignored with full success, whatever they are; gzip: %s', async (gzip) => {
    const before = await ignored()
    // Together more than the collector has room for.
    const messages = Array.from({ length: 10 }, () => Buffer.alloc(LIMIT, 0xff))
    const answers = await Promise.all(
      [EMPTY, ...messages].map((message) => client.export(message, { method, gzip })),
    )
    expect(answers).toEqual(Array.from({ length: 11 }, () => ({ response: EMPTY })))
    expect(await ignored()).toBe(before + 11)
  })

  test('are refused beyond the limit', async () => {
    const before = await ignored()
    const { error } = await client.export(Buffer.alloc(LIMIT + 1), { method })
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED)
    expect(await ignored()).toBe(before)
  })
})

test('a bomb is a refused call, and the next one is served', async () => {
  const { error } = await client.export(Buffer.alloc(50_000_000), { gzip: true })
  expect(error?.code).toBe(status.RESOURCE_EXHAUSTED)
  expect(await client.export(EMPTY)).toEqual({ response: EMPTY })
})

test('a busy port is an error that names the variable, and nothing stays open', async () => {
  const port = (await freePorts(1))[0]!
  const started = startTestCollector({ port, grpcPort: collector.grpcPort! })
  await expect(started).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringMatching(/EADDRINUSE.*WEIR_OTLP_GRPC_PORT/s),
  })
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
})

test('calls are counted by status', async () => {
  const metrics = await (await fetch(`${collector.url}/metrics`)).text()
  expect(metrics).toMatch(/^weir_requests_total\{.*status="INVALID_ARGUMENT".*\} 2$/m)
})
