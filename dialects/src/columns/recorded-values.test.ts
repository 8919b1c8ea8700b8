import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { flow, flush, init, shutdown } from '@weir/sdk'
import { expect, test } from 'vitest'
import { protobufOfJson } from '../otlp/json/request.ts'
import { readNative } from '../testing/native-reader.ts'
import { SpanBlock } from './span-block.ts'

/** What the SDK records of outputs, as it arrives behind OTLP: text, type and length of each. */
async function columnsOf(values: readonly unknown[], maxLength: number): Promise<unknown[][]> {
  const block = new SpanBlock()
  const server = createServer(async (request, response) => {
    block.append(protobufOfJson(await buffer(request)), 'default')
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  init({ serviceName: 'values', endpoint: `http://127.0.0.1:${port}`, capture: { maxLength } })
  const record = flow('record', (index: number) => values[index])
  for (const index of values.keys()) await record.run(index)
  expect(await flush()).toMatchObject({ lost: 0, pending: 0 })
  await shutdown()
  server.close()
  return readNative(block.take()).map((row) => [row.output, row.output_type, row.output_length])
}

test('a value that is recorded is told from all others', async () => {
  const recorded: [unknown, string, string, number][] = [
    ['42', '42', 'text', 0],
    [42, '42', 'json', 0],
    ['true', 'true', 'text', 0],
    [true, 'true', 'json', 0],
    ['"x"', '"x"', 'text', 0],
    ['x', 'x', 'text', 0],
    ['{"a":1}', '{"a":1}', 'text', 0],
    [{ a: 1 }, '{"a":1}', 'json', 0],
    ['null', 'null', 'text', 0],
    [null, 'null', 'json', 0],
    ['', '', 'text', 0],
    [undefined, '', '', 0],
    ['x'.repeat(25), 'x'.repeat(20), 'text', 25],
    [['x'.repeat(25)], `["${'x'.repeat(18)}"]`, 'json', 29],
  ]
  const columns = await columnsOf(
    recorded.map(([value]) => value),
    20,
  )
  expect(columns).toEqual(recorded.map(([, ...expected]) => expected))
})
