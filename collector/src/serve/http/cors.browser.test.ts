import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requestOf } from '@weir/dialects/testing'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

let browser: Browser
let site: Server
let sitePort: number
let collector: Collector

beforeAll(async () => {
  site = createServer((_request, response) => response.end('<!doctype html><title>app</title>')).listen(
    0,
    '127.0.0.1',
  )
  await once(site, 'listening')
  sitePort = (site.address() as AddressInfo).port
  collector = await startTestCollector({ corsOrigins: [`http://127.0.0.1:${sitePort}`] })
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
})
afterAll(async () => {
  await browser?.close()
  await collector?.close()
  site?.close()
})

const body = JSON.stringify(requestOf([{ traceId: '' }]))

async function openPage(host: string) {
  const page = await browser.newPage()
  await page.goto(`http://${host}:${sitePort}/`)
  return page
}

/** As the OpenTelemetry exporters for browsers send. */
function post(page: Awaited<ReturnType<typeof openPage>>, url: string): Promise<string> {
  return page.evaluate(
    async ([target, text]) => {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer x', 'x-tenant': 'shop' }
      const sent = await fetch(target!, { method: 'POST', headers, body: text! }).catch(
        (error: Error) => error,
      )
      return sent instanceof Error ? `${sent}` : `${sent.status} ${await sent.text()}`
    },
    [url, body],
  )
}

const received = async () => {
  const metrics = await (await fetch(`${collector.url}/metrics`)).text()
  return Number(/^weir_spans_received_total (\d+)$/m.exec(metrics)![1])
}

test('a page of a listed origin sends traces and reads the answers', async () => {
  const page = await openPage('127.0.0.1')
  expect(await post(page, `${collector.url}/v1/traces`)).toMatch(/^200 .*"rejectedSpans":"1"/)
})

test('its beacons arrive, which browsers send with credentials', async () => {
  const page = await openPage('127.0.0.1')
  const before = await received()
  const beacon = `new Blob([${JSON.stringify(body)}], { type: 'application/json' })`
  const queued = await page.evaluate(`navigator.sendBeacon('${collector.url}/v1/traces', ${beacon})`)
  expect(queued).toBe(true)
  await expect.poll(received).toBe(before + 1)
})

test('a page of another origin sends nothing', async () => {
  const page = await openPage('localhost')
  const before = await received()
  expect(await post(page, `${collector.url}/v1/traces`)).toContain('Failed to fetch')
  expect(await received()).toBe(before)
})
