import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClickHouseServer, startClickHouse } from './server.ts'

const root = mkdtempSync(join(tmpdir(), 'weir-guard-'))
const written = join(root, 'written')
let browser: Browser
let site: Server
let page: Page
let base: string
/** What the pages' requests got from ClickHouse. */
const statuses: number[] = []

beforeAll(async () => {
  // Pages that know the password, if one ever leaks, are refused all the same.
  const engine: ClickHouseServer = await startClickHouse({
    port: 0,
    path: join(root, 'data'),
    password: 'known',
  })
  engines.push(engine)
  base = `http://127.0.0.1:${engine.port}`
  site = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><p>hello'),
  )
  await once(site.listen(0, '127.0.0.1'), 'listening')
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP *.example 127.0.0.1'],
  })
  page = await browser.newPage()
  page.on('response', (response) => {
    if (response.url().startsWith(base) || response.url().includes(`.example:${engine.port}`))
      statuses.push(response.status())
  })
  await page.goto(`http://evil.example:${(site.address() as AddressInfo).port}/`)
})
const engines: ClickHouseServer[] = []

afterAll(async () => {
  await browser?.close()
  site?.close()
  for (const engine of engines) await engine.close()
  rmSync(root, { recursive: true, force: true })
})

const address = (sql: string, origin = base) =>
  `${origin}/?${new URLSearchParams({ user: 'weir', password: 'known', query: sql })}`
const WRITE = `INSERT INTO FUNCTION file('${written}', 'CSV', 'a Int8') SELECT 1`
const OUTFILE = `SELECT 1 INTO OUTFILE '${written}'`

/** Waits until ClickHouse has answered what the page did. */
async function answerTo(act: () => Promise<unknown>): Promise<number[]> {
  const before = statuses.length
  await act()
  await expect.poll(() => statuses.length).toBeGreaterThan(before)
  return statuses.slice(before)
}

test.each([
  ['a picture', (url: string) => `new Image().src = ${JSON.stringify(url)}; undefined`],
  [
    'a request without cors',
    (url: string) => `fetch(${JSON.stringify(url)}, { mode: 'no-cors' }).catch(() => {}); undefined`,
  ],
  [
    'a posted request without cors',
    (url: string) =>
      `fetch(${JSON.stringify(url)}, { mode: 'no-cors', method: 'POST', body: 'x' }).catch(() => {}); undefined`,
  ],
  [
    'a script',
    (url: string) =>
      `document.head.append(Object.assign(document.createElement('script'), { src: ${JSON.stringify(url)} }))`,
  ],
  [
    'a frame',
    (url: string) =>
      `document.body.append(Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(url)} }))`,
  ],
  ['a beacon', (url: string) => `navigator.sendBeacon(${JSON.stringify(url)}, 'x'); undefined`],
  [
    'a form',
    // Each into a frame of its own: a second one into the same frame would end the first before it is answered.
    (url: string) => `{
      const target = 'frame ' + document.forms.length;
      const form = Object.assign(document.createElement('form'), { method: 'post', action: ${JSON.stringify(url)}, target });
      document.body.append(Object.assign(document.createElement('iframe'), { name: target }), form);
      form.submit()
    }`,
  ],
])('%s of a foreign page is refused', async (_name, script) => {
  for (const sql of [WRITE, OUTFILE, 'SELECT 1']) {
    const answers = await answerTo(() => page.evaluate(script(address(sql))))
    expect(
      answers.every((status) => status === 403),
      String(answers),
    ).toBe(true)
  }
  expect(existsSync(written)).toBe(false)
})

test('a navigation is refused', async () => {
  const other = await browser.newPage()
  for (const sql of [WRITE, OUTFILE, 'SELECT 1']) expect((await other.goto(address(sql)))?.status()).toBe(403)
  await other.close()
  expect(existsSync(written)).toBe(false)
})

test('a page whose own name resolves to this machine is refused', async () => {
  const other = await browser.newPage()
  const rebound = `http://rebound.example:${new URL(base).port}`
  expect((await other.goto(address('SELECT 1', rebound)))?.status()).toBe(403)
  const status = await other.evaluate(
    (url) => fetch(url, { method: 'POST', body: 'x' }).then((response) => response.status),
    address('SELECT 1', rebound),
  )
  expect(status).toBe(403)
  await other.close()
})

test('a program with the same address is answered', async () => {
  expect(await (await fetch(address('SELECT 1'))).text()).toBe('1\n')
})
