import { once } from 'node:events'
import { createServer, type IncomingMessage, request as openRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Installation, startInstallation } from '@weir/engines/testing'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, openBrowser } from './browser.ts'

// What a page of somebody else can do to a Weir on its reader's machine: all names below are this machine.

/** In WEIR_ALLOWED_HOSTS. */
const OURS = 'weir.example'
/** In WEIR_CORS_ORIGINS. */
const APP = 'app.example'
const EVIL = 'evil.example'

let weir: Installation
let browser: Browser
let site: Server
let sitePort: number
const servers: Server[] = []

beforeAll(async () => {
  site = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>site</title>'),
  ).listen(0, '127.0.0.1')
  await once(site, 'listening')
  sitePort = (site.address() as AddressInfo).port
  weir = await startInstallation({
    env: { WEIR_ALLOWED_HOSTS: OURS, WEIR_CORS_ORIGINS: `http://${APP}:${sitePort}` },
  })
  browser = await openBrowser('--host-resolver-rules=MAP *.example 127.0.0.1')
})
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await weir?.[Symbol.asyncDispose]()
  for (const server of [site, ...servers]) server?.close()
})

const span = {
  traceId: 'ab'.repeat(16),
  spanId: 'cd'.repeat(8),
  name: 'posted by a page',
  startTimeUnixNano: '1',
  endTimeUnixNano: '2',
}
const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })

async function metrics(): Promise<string> {
  return (await fetch(`${weir.collectorUrl}/metrics`)).text()
}
const received = async () => Number(/^weir_spans_received_total (\d+)$/m.exec(await metrics())![1])

/**
 * A page of `name`, whose address is Weir's once the page is loaded: to the browser and to Weir it makes no difference that a
 * server of the test passes the requests on, as they are.
 */
async function rebound(name: string, url: string): Promise<Page> {
  const server = createServer((request, response) => {
    if (request.url === '/page') {
      response.setHeader('content-type', 'text/html').end('<!doctype html>')
      return
    }
    const { method, url: path, headers } = request
    const passedOn = openRequest(url, { method, path, headers, agent: false }, (answer) => {
      answer.pipe(response.writeHead(answer.statusCode!, answer.headers))
    })
    request.pipe(passedOn.on('error', () => response.destroy()))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  const page = await browser.page.context().newPage()
  await page.goto(`http://${name}:${(server.address() as AddressInfo).port}/page`)
  return page
}

async function pageOf(name: string): Promise<Page> {
  const page = await browser.page.context().newPage()
  await page.goto(`http://${name}:${sitePort}/`)
  return page
}

/** Status and text as the page sees them. */
function ask(page: Page, url: string, method = 'GET'): Promise<{ status: number; text: string }> {
  return page.evaluate(
    async ([target, verb, json]) => {
      const post = { headers: { 'content-type': 'application/json' }, body: json! }
      const init = { method: verb!, ...(verb === 'POST' ? post : {}) }
      const answer = await fetch(target!, init).catch((error: Error) => error)
      if (answer instanceof Error) return { status: 0, text: answer.message }
      return { status: answer.status, text: await answer.text() }
    },
    [url, method, body] as const,
  )
}

const workerUrl = () => `http://127.0.0.1:${weir.env.WEIR_WORKER_PORT}`

describe('a page whose name was pointed at this machine', () => {
  test('reads nothing of the collector, and posts nothing', async () => {
    const before = await received()
    const page = await rebound(EVIL, weir.collectorUrl)
    for (const path of ['/metrics', '/healthz', '/readyz']) {
      const { status, text } = await ask(page, path)
      expect([status, text], path).toEqual([421, expect.stringContaining('WEIR_ALLOWED_HOSTS')])
    }
    for (const path of ['/v1/traces', '/flush']) {
      expect(await ask(page, path, 'POST'), path).toMatchObject({ status: 421 })
    }
    expect(await received()).toBe(before)
  })

  test('reads nothing of the worker', async () => {
    const page = await rebound(EVIL, workerUrl())
    for (const path of ['/metrics', '/healthz', '/readyz']) {
      expect(await ask(page, path), path).toMatchObject({ status: 421 })
    }
  })

  test('reads nothing of the dashboard', async () => {
    const page = await rebound(EVIL, weir.dashboardUrl)
    for (const path of [
      '/',
      '/runs',
      '/api/live',
      '/api/runs/x',
      '/readyz',
      '/icon.svg',
      '/_next/static/x.js',
    ]) {
      expect(await ask(page, path), path).toMatchObject({ status: 421 })
    }
    const answer = await page.goto(new URL('/runs', page.url()).href)
    expect(answer?.status()).toBe(421)
    expect(await answer?.text()).toMatch(/WEIR_ALLOWED_HOSTS/)
  })

  test('opens no WebSocket', async () => {
    const upgrade = { host: EVIL, connection: 'upgrade', upgrade: 'websocket' }
    for (const url of [weir.dashboardUrl, weir.collectorUrl, workerUrl()]) {
      for (const path of ['/', 'http://localhost:1/']) {
        const request = openRequest(url, { path, headers: upgrade, agent: false }).end()
        const [answer] = (await once(request, 'response')) as [IncomingMessage]
        expect(answer.statusCode, `${url} ${path}`).toBe(421)
        answer.resume()
      }
    }
  })

  test('reads and posts where WEIR_ALLOWED_HOSTS has its name', async () => {
    const before = await received()
    const collector = await rebound(OURS, weir.collectorUrl)
    expect((await ask(collector, '/metrics')).text).toContain('weir_spans_received_total')
    expect(await ask(collector, '/v1/traces', 'POST')).toMatchObject({ status: 200 })
    expect(await received()).toBe(before + 1)
    expect((await ask(await rebound(OURS, workerUrl()), '/metrics')).text).toContain('weir_worker_')
    expect(await ask(await rebound(OURS, weir.dashboardUrl), '/api/live')).toMatchObject({ status: 200 })
  })
})

describe('a page of another site', () => {
  const refused = async () =>
    Number(
      /^weir_request_errors_total\{transport="http",reason="origin"\} (\d+)$/m.exec(await metrics())?.[1] ??
        0,
    )

  /** Sends a form from the page, or from a sandboxed frame in it. */
  async function submit(page: Page, action: string, isFramed: boolean): Promise<void> {
    const send = `{
      const form = document.createElement('form')
      Object.assign(form, { method: 'post', enctype: 'text/plain', action: ${JSON.stringify(action)} })
      form.append(Object.assign(document.createElement('input'), { name: ${JSON.stringify(body)} }))
      document.documentElement.append(form)
      form.submit()
    }`
    const frame = `{
      const frame = document.createElement('iframe')
      frame.sandbox = 'allow-scripts allow-forms'
      frame.srcdoc = ${JSON.stringify(`<script>${send}</script>`).replaceAll('</', '<\\/')}
      document.documentElement.append(frame)
    }`
    await page.evaluate(isFramed ? frame : send)
  }

  test.each(['/flush', '/v1/traces'])('posts nothing to %s by a form', async (path) => {
    const before = await received()
    // The collector counts them: events of a frame in a process of its own may come before anybody listens.
    for (const isFramed of [false, true]) {
      const refusedBefore = await refused()
      await submit(await pageOf(EVIL), `${weir.collectorUrl}${path}`, isFramed)
      await expect.poll(refused).toBe(refusedBefore + 1)
    }
    expect(await received()).toBe(before)
  })

  test('posts nothing by fetch or beacon, and reads nothing', async () => {
    const before = await received()
    const page = await pageOf(EVIL)
    const refusedBefore = await refused()
    for (const url of [`${weir.collectorUrl}/v1/traces`, `${weir.collectorUrl}/flush`]) {
      expect(await ask(page, url, 'POST')).toMatchObject({ status: 0 })
    }
    await page.evaluate(`navigator.sendBeacon('${weir.collectorUrl}/flush', 'x')`)
    await expect.poll(refused).toBe(refusedBefore + 3)
    for (const url of [
      `${weir.collectorUrl}/metrics`,
      `${workerUrl()}/metrics`,
      `${weir.dashboardUrl}/api/live`,
    ]) {
      expect(await ask(page, url)).toMatchObject({ status: 0 })
    }
    expect(await received()).toBe(before)
  })

  test.each(['img', 'script', 'iframe'])(
    'loads nothing of Weir as %s, which would make it work',
    async (tag) => {
      const page = await pageOf(EVIL)
      const url = `${weir.dashboardUrl}/runs`
      const answered = page.waitForResponse(url)
      await page.setContent(`<${tag} src="${url}"></${tag}>`, { waitUntil: 'commit' })
      expect((await answered).status()).toBe(403)
    },
  )

  test('may link to the dashboard', async () => {
    const page = await pageOf(EVIL)
    await page.setContent(`<a href="${weir.dashboardUrl}/runs">a run</a>`)
    await page.getByRole('link').click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(page.url()).toBe(`${weir.dashboardUrl}/runs`)
  })

  test('sends traces where WEIR_CORS_ORIGINS has its origin', async () => {
    const before = await received()
    expect(await ask(await pageOf(APP), `${weir.collectorUrl}/v1/traces`, 'POST')).toEqual({
      status: 200,
      text: '{}',
    })
    expect(await received()).toBe(before + 1)
    expect(await ask(await pageOf(APP), `${weir.collectorUrl}/metrics`)).toMatchObject({ status: 0 })
  })
})

test.each(['127.0.0.1', 'localhost', OURS])('the dashboard works as %s', async (name) => {
  const { page, errors } = browser
  errors.length = 0
  await page.goto(`http://${name}:${new URL(weir.dashboardUrl).port}/`)
  await page.getByRole('navigation').getByRole('link', { name: 'Runs' }).click()
  await page.waitForURL(/\/runs/)
  await page.getByRole('heading', { level: 1 }).waitFor()
  // Over plain HTTP browsers have no use for this header.
  expect(errors.filter((error) => !error.startsWith('The Cross-Origin-Opener-Policy header'))).toEqual([])
})
