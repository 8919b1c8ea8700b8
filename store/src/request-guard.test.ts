import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { readVariables } from '@weir/config'
import { describe, expect, test } from 'vitest'
import { type RequestHead, refusalOf, requestHead, type Trusted } from './request-guard.ts'

const HOST = '127.0.0.1:3000'
const get = (headers: RequestHead['headers'] = {}): RequestHead => ({ method: 'GET', hosts: [HOST], headers })
const statusOf = (request: RequestHead, trusted: Trusted = { hosts: [] }) =>
  refusalOf(request, trusted)?.statusCode ?? 200
const statusOfHost = (host: string, hosts: readonly string[] = []) =>
  statusOf({ ...get(), hosts: [host] }, { hosts })

describe('hosts', () => {
  test.each([
    '127.0.0.1:3000',
    '127.0.0.1.:3000',
    '0.0.0.0:3000',
    '192.168.0.7',
    '[::1]:3000',
    '[::1]',
    '[::FFFF:127.0.0.1]:3000',
    '[fe80::1%25eth0]:3000',
    'localhost:3000',
    'localhost',
    'LocalHost.:3000',
    'localhost:',
    'weir.localhost:3000',
  ])('%s is ours', (host) => {
    expect(statusOfHost(host)).toBe(200)
  })

  test.each([
    'evil.example:3000',
    'evil.example',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
    '127.0.0.1.evil.example.',
    '127.1',
    '0x7f000001',
    'localhost@evil.example',
    'evil.example@localhost',
    'localhost#.evil.example',
    'localhost/.evil.example',
    'localhost:3000:evil.example',
    'localhost, evil.example',
    'localhost:x',
    ' localhost',
    'l\u00f6calhost',
    '[::1',
    '[::1].evil.example',
    '[evil.example]',
    '::1',
    '[]',
    '.localhost.evil.example',
    '',
  ])('%j is not', (host) => {
    expect(statusOfHost(host)).toBe(421)
  })

  const allowedHosts = (text: string) => readVariables('worker', { WEIR_ALLOWED_HOSTS: text }).allowedHosts
  const hosts = allowedHosts('weir.example.com, *.internal.example:8443\n[::1]:80 Collector.,')

  test.each([
    'weir.example.com',
    'WEIR.example.com.:443',
    'a.internal.example',
    'a.b.internal.example:1',
    'collector:4318',
  ])('by WEIR_ALLOWED_HOSTS %s is', (host) => {
    expect(statusOfHost(host, hosts)).toBe(200)
  })

  test.each([
    'example.com',
    'a.weir.example.com',
    'xweir.example.com',
    'internal.example',
    'xinternal.example',
    'collector.example',
  ])('by WEIR_ALLOWED_HOSTS %s is not', (host) => {
    expect(statusOfHost(host, hosts)).toBe(421)
  })

  test('with * all are', () => {
    for (const host of ['evil.example', 'a@b', '']) expect(statusOfHost(host, allowedHosts('*'))).toBe(200)
  })

  test.each([
    'https://weir.example.com',
    'weir.example.com/',
    'a*.example.com',
    '*.*.example.com',
    '*example.com',
    'a..b',
    'a:b',
    '[x]',
  ])('WEIR_ALLOWED_HOSTS=%s is refused', (text) => {
    expect(() => allowedHosts(text)).toThrow(/expected names such as/)
  })

  test('a request without one has no browser for a sender', () => {
    expect(statusOf({ ...get(), hosts: [] })).toBe(200)
  })

  test('each one that a request names counts', () => {
    expect(statusOf({ ...get(), hosts: [HOST, 'evil.example'] })).toBe(421)
    expect(statusOf({ ...get(), target: 'evil.example' })).toBe(421)
    expect(statusOf({ ...get(), target: 'localhost:3000' })).toBe(200)
    expect(statusOf({ ...get(), hosts: [], target: 'evil.example' })).toBe(421)
    expect(statusOf({ ...get(), hosts: [HOST, HOST] })).toBe(400)
  })

  test('nobody else says what the host is', () => {
    const headers = { 'x-forwarded-host': 'localhost', forwarded: 'host=localhost', 'x-host': 'localhost' }
    expect(statusOf({ ...get(headers), hosts: ['evil.example'] })).toBe(421)
    expect(statusOf(get({ 'x-forwarded-host': 'evil.example' }))).toBe(200)
  })

  test('a refusal names the host and the variable, and stays short', () => {
    expect(refusalOf({ ...get(), hosts: ['evil.example:3000'] }, { hosts: [] })).toEqual({
      statusCode: 421,
      reason: 'host',
      message:
        'the host "evil.example:3000" is not a name of this server, expected localhost, an IP address or a name in ' +
        'WEIR_ALLOWED_HOSTS: if it is yours, add it there',
    })
    expect(refusalOf({ ...get(), hosts: ['x'.repeat(9_000)] }, { hosts: [] })?.message.length).toBeLessThan(
      500,
    )
  })
})

describe('pages', () => {
  const EVIL = 'https://evil.example'
  const APP = 'https://app.example.com'
  const post = (headers: RequestHead['headers'], hosts = [HOST]): RequestHead => ({
    method: 'POST',
    hosts,
    headers,
  })
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

  test('what is no browser sends neither header', () => {
    expect([statusOf(get()), statusOf(post({}))]).toEqual([200, 200])
  })

  test('pages of ours may send, also where TLS ends at a proxy', () => {
    expect(statusOf(post({ origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' }))).toBe(200)
    expect(statusOf(post({ origin: `http://${HOST}` }))).toBe(200)
    const trusted = { hosts: ['weir.example.com'] }
    for (const host of ['weir.example.com', 'weir.example.com:443', 'WEIR.example.com']) {
      expect(statusOf(post({ origin: 'https://weir.example.com' }, [host]), trusted), host).toBe(200)
    }
    // Next's pages name no referrer, and a form then no origin.
    expect(statusOf(post({ origin: 'null', 'sec-fetch-site': 'same-origin' }))).toBe(200)
    expect(statusOf(get({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }))).toBe(200)
  })

  test.each<[string, RequestHead]>([
    ['a form', post({ origin: EVIL, 'sec-fetch-site': 'cross-site', ...navigation })],
    ['a form over plain HTTP', post({ origin: EVIL })],
    ['a form of a sandboxed page', post({ origin: 'null', 'sec-fetch-site': 'cross-site', ...navigation })],
    ['the same over plain HTTP', post({ origin: 'null' })],
    ['fetch', get({ origin: EVIL, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })],
    ['a WebSocket', get({ origin: EVIL, upgrade: 'websocket' })],
    [
      'an image',
      get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }),
    ],
    [
      'a frame',
      get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }),
    ],
    ['a page of another port', get({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' })],
    ['the same, by its origin', post({ origin: 'http://127.0.0.1:8080' })],
    ['the same name, another port', post({ origin: 'http://127.0.0.1' })],
    ['a name that looks like ours', post({ origin: `http://${HOST}.evil.example` })],
    ['a user that looks like us', post({ origin: `http://${HOST}@evil.example` })],
    ['two origins', post({ origin: `http://${HOST}, ${EVIL}` })],
    ['an extension', post({ origin: `chrome-extension://${HOST}` })],
    ['a POST without an origin', post({ 'sec-fetch-site': 'cross-site', ...navigation })],
    ['one that claims our site', post({ origin: EVIL, 'sec-fetch-site': 'same-origin' })],
    ['one without a host', post({ origin: EVIL }, [])],
  ])('%s of another site may not', (_of, request) => {
    expect(statusOf(request)).toBe(403)
    expect(refusalOf(request, { hosts: [] })?.message).not.toContain('WEIR_CORS_ORIGINS')
  })

  test.each(['cross-site', 'same-site', 'none'])('a link from elsewhere opens (%s)', (site) => {
    expect(statusOf(get({ 'sec-fetch-site': site, ...navigation }))).toBe(200)
  })

  test('those of listed origins may, and others are told how', () => {
    const trusted = { hosts: [], origins: [APP] }
    const browser = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }
    expect(statusOf(post({ ...browser, origin: APP }), trusted)).toBe(200)
    expect(statusOf(post({ ...browser, origin: 'null' }), { hosts: [], origins: ['*'] })).toBe(200)
    for (const origin of ['null', EVIL, `${APP}.evil.example`, `${APP}:8443`, 'http://app.example.com']) {
      expect(statusOf(post({ ...browser, origin }), trusted), origin).toBe(403)
    }
    expect(refusalOf(post({ origin: EVIL }), trusted)?.message).toBe(
      'the request comes from a page of "https://evil.example", expected one of this server or of an origin in ' +
        'WEIR_CORS_ORIGINS: if it is yours, add its origin there',
    )
  })

  test('a listed origin makes no host ours', () => {
    expect(statusOf(post({ origin: APP }, ['evil.example']), { hosts: [], origins: ['*'] })).toBe(421)
  })
})

test('a head has each host as it was sent', async () => {
  const server = createServer({ requireHostHeader: false }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const heads: RequestHead[] = []
  server.on('request', (request: IncomingMessage, response) => {
    heads.push(requestHead(request))
    response.end()
  })
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET http://a:1@b/x HTTP/1.1\r\nHost: one\r\nhOST:two \r\nOrigin: x\r\n\r\n')
  socket.write('GET /http://b HTTP/1.1\r\nHost:\r\n\r\n')
  socket.end('GET HTTPS://c?x HTTP/1.0\r\n\r\n')
  await once(socket.resume(), 'close')
  server.close()
  expect(heads).toMatchObject([
    { hosts: ['one', 'two'], target: 'a:1@b', headers: { origin: 'x' } },
    { hosts: [''], target: undefined },
    { hosts: [], target: 'c' },
  ])
})
