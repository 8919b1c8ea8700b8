import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Collector, startCollector } from '../collector.ts'
import { freePort } from '../testing/free-port.ts'

const LIMIT = 100_000
let collector: Collector

beforeAll(async () => {
  const store = { url: `http://127.0.0.1:${await freePort()}`, database: 'none', project: 'default' }
  collector = await startCollector({ store, port: 0, logLevel: 'silent', maxBodyBytes: LIMIT })
})
afterAll(() => collector?.close())

/** Writes the parts one after the other and reads until the answer says `until`. */
async function exchange(parts: readonly (string | Buffer)[], until: RegExp): Promise<string> {
  const socket = connect(collector.port, '127.0.0.1')
  const answer = read(socket, until)
  for (const part of parts) {
    if (socket.destroyed) break
    socket.write(part)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return answer
}

function read(socket: Socket, until: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
      if (!until.test(text)) return
      resolve(text)
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

function head(...headers: readonly string[]): string {
  return ['POST /v1/traces HTTP/1.1', 'host: x', 'content-type: application/json', ...headers, '', ''].join(
    '\r\n',
  )
}

function chunk(body: string | Buffer): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

test('a chunked body, cut anywhere', async () => {
  const parts = [
    head('transfer-encoding: chunked'),
    chunk('{"resource'),
    chunk('Spans":['),
    chunk(']}'),
    '0\r\n\r\n',
  ]
  expect(await exchange(parts, /\r\n\r\n\{\}/)).toContain('HTTP/1.1 200')
})

test('a chunked gzip body', async () => {
  const body = gzipSync('{"resourceSpans":[]}')
  const headers = head('transfer-encoding: chunked', 'content-encoding: gzip')
  const parts = [headers, chunk(body.subarray(0, 7)), chunk(body.subarray(7)), '0\r\n\r\n']
  expect(await exchange(parts, /\r\n\r\n\{\}/)).toContain('HTTP/1.1 200')
})

test('two requests on one connection, the second sent before the first is answered', async () => {
  const request = `${head('content-length: 2')}{}`
  const answer = await exchange([request + request], /\{\}[\s\S]*\r\n\r\n\{\}/)
  expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
})

test('HTTP/1.0', async () => {
  const request = `POST /v1/traces HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`
  expect(await exchange([request], /\r\n\r\n\{\}/)).toMatch(/^HTTP\/1\.[01] 200/)
})

test('expect: 100-continue', async () => {
  const answer = await exchange([head('content-length: 2', 'expect: 100-continue'), '{}'], /\r\n\r\n\{\}/)
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue[\s\S]*HTTP\/1\.1 200/)
})

test('a body that is too large is refused before it is there', async () => {
  const endless = Array.from({ length: 20 }, () => chunk(' '.repeat(20_000)))
  const answer = await exchange([head('transfer-encoding: chunked'), ...endless], /"code":8/)
  expect(answer).toContain('HTTP/1.1 413')
})

test('a bomb is refused while it inflates', async () => {
  const bomb = gzipSync(Buffer.alloc(200_000_000))
  const answer = await exchange(
    [head(`content-length: ${bomb.length}`, 'content-encoding: gzip'), bomb],
    /"code":8/,
  )
  expect(answer).toContain('HTTP/1.1 413')
})

test('a connection that breaks off in the middle of a body harms no other', async () => {
  const socket = connect(collector.port, '127.0.0.1')
  await new Promise<void>((resolve) => socket.write(`${head('content-length: 100')}{"re`, () => resolve()))
  socket.destroy()
  expect(await exchange([`${head('content-length: 2')}{}`], /\r\n\r\n\{\}/)).toContain('HTTP/1.1 200')
})
