import { freePorts, type Installation } from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, openBrowser } from './browser.ts'
import { startWithNames } from './names.ts'
import { startDashboard } from './separate-dashboard.ts'

// Whatever is in an address: ranges that mean nothing, ids in another case, and the status of the answer.

/** Of the browser. */
interface Styled {
  getComputedStyle(element: object, pseudo: string): { readonly content: string }
}

const UPPER = 'AB'.repeat(16)

let weir: Installation
let browser: Browser

beforeAll(async () => {
  weir = await startWithNames(['research'], (now) => [
    { flow: 'research', version: '1', startMs: now },
    { flow: 'ahead', startMs: now + 90_000 },
    {
      flow: 'timeless',
      traceId: UPPER.toLowerCase(),
      startMs: now,
      events: [
        { name: 'never', timeUnixNano: '0' },
        { name: 'early', timeUnixNano: `${now - 5}000000` },
      ],
    },
  ])
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await weir?.[Symbol.asyncDispose]()
})

describe('a time range that means nothing', () => {
  test.each([
    ['from=1960-01-01&to=1961-01-01', '1960-01-01T00:00'],
    ['from=2026-11-02&to=2026-11-01', 'ends before it has begun'],
    ['from=9999-01-01&to=%2B100000-01-01', '+100000-01-01T00:00'],
    ['range=1y', 'cannot be read'],
    ['from=2263-01-01&to=2264-01-01', 'is beyond what can be shown'],
  ])('%s is a 400 in words', async (query, words) => {
    for (const path of ['/', '/runs', '/monitors', '/flows/research']) {
      const answer = await fetch(`${weir.dashboardUrl}${path}?${query}`)
      expect([answer.status, await answer.text()], path).toEqual([400, expect.stringContaining(words)])
    }
  })

  test('leaves the filter bar, which puts it right', async () => {
    const { page } = browser
    for (const path of ['/', '/runs', '/monitors', '/flows/research']) {
      const answer = await page.goto(`${weir.dashboardUrl}${path}?from=2026-11-02&to=2026-11-01`)
      expect(answer?.status()).toBe(400)
      expect(await page.getByRole('alert').first().textContent()).toContain('ends before it has begun')
      await page.getByLabel('Time range').selectOption('1h')
      await page.waitForURL(/range=1h/)
      await page.getByRole('table').first().waitFor()
    }
  })

  test('is one that minutes cannot hold, but starts can: the list of runs shows it', async () => {
    const query = '?from=2150-01-01&to=2151-01-01'
    expect((await fetch(`${weir.dashboardUrl}/runs${query}`)).status).toBe(200)
    expect((await fetch(`${weir.dashboardUrl}/${query}`)).status).toBe(400)
  })
})

test('a run whose clock is 90 s ahead is on every page of a range that ends now', async () => {
  const { page } = browser
  for (const range of ['15m', '1h']) {
    await page.goto(`${weir.dashboardUrl}/?range=${range}`)
    await page.getByRole('table', { name: 'Flows' }).getByRole('link', { name: 'ahead', exact: true }).click()
    await page.waitForURL(/\/flows\/ahead/)
    await page.getByRole('table', { name: 'Newest runs' }).getByRole('link', { name: /^Run / }).waitFor()
    expect(await page.getByRole('table', { name: 'Versions' }).textContent()).toContain('(none)')
    await page.goto(`${weir.dashboardUrl}/runs?range=${range}`)
    await page.getByRole('table').getByRole('link', { name: 'ahead', exact: true }).waitFor()
  }
})

test('a run and a span are found by ids in upper case, and events without a time say so', async () => {
  const { page } = browser
  await page.goto(`${weir.dashboardUrl}/runs/${UPPER}`)
  await page.waitForURL(`${weir.dashboardUrl}/runs/${UPPER.toLowerCase()}`)
  await page.getByRole('tree').getByRole('treeitem').first().click()
  const detail = page.getByRole('region', { name: 'Selected span' })
  await detail.locator('summary', { hasText: 'Event never without a time' }).waitFor()
  await detail.locator('summary', { hasText: 'Event early 5.00 ms before the span’s start' }).waitFor()
  const spanId = new URL(page.url()).searchParams.get('span')!
  const span = await fetch(`${weir.dashboardUrl}/api/spans/${UPPER}/${spanId.toUpperCase()}`)
  expect([span.status, await span.json()]).toEqual([200, expect.objectContaining({ spanId })])
  expect((await fetch(`${weir.dashboardUrl}/api/runs/${UPPER}`)).status).toBe(200)
})

test('the overview has a title as all pages have, and no breadcrumb ends in a slash', async () => {
  const { page } = browser
  await page.goto(weir.dashboardUrl)
  expect(await page.title()).toBe('Overview · Weir')
  await page.goto(`${weir.dashboardUrl}/runs/${UPPER.toLowerCase()}`)
  const after = await page
    .getByRole('navigation', { name: 'Breadcrumb' })
    .getByRole('listitem')
    .evaluateAll((items) =>
      items.map((item) => (globalThis as unknown as Styled).getComputedStyle(item, '::after').content),
    )
  expect(after).toEqual(['"/"', 'none'])
})

describe('an answer has its status', () => {
  test.each([
    ['/nothing', 404],
    ['/runs/unknown', 404],
    ['/flows/unknown', 404],
    ['/sessions/unknown', 404],
    ['/evaluations/unknown', 404],
    ['/experiments/unknown', 404],
    ['/experiments/unknown/cases/a', 404],
    ['/datasets/unknown', 404],
    ['/api/runs/unknown', 404],
    [`/api/spans/${UPPER}/${'00'.repeat(8)}`, 404],
    ['/api/spans/x/y', 400],
    ['/api/runs?q=flow%3Aresearch', 200],
    ['/api/runs?q=flow%3A', 400],
    ['/api/runs?from=1960-01-01&to=1961-01-01', 400],
    ['/flows/100%', 400],
    ['/runs?status=broken', 400],
    ['/runs?q=status%3Aeror', 400],
    ['/runs?q=-status%3Aerror+(flow%3Aresearch+OR+%22a+b%22)', 200],
    ['/compare?flow=research&base=nonsense&candidate=version%3D1', 400],
    // What an address says of the place in a list is no more than where to begin.
    ['/runs?cursor=x', 200],
    ['/evaluations?before=1e300', 200],
    ['/evaluations/research?before=-1', 200],
    ['/datasets/research?offset=1e300', 200],
    ['/experiments/research?after=a&trial=1e300', 200],
  ])('%s: %d', async (path, status) => {
    expect((await fetch(weir.dashboardUrl + path)).status).toBe(status)
  })

  test('503 where the store does not answer', async () => {
    const [port] = await freePorts(1)
    await using dashboard = await startDashboard({
      ...weir.env,
      WEIR_DASHBOARD_PORT: String(port),
      // Port 1 is reserved: nothing listens there.
      WEIR_CLICKHOUSE_URL: 'http://127.0.0.1:1',
    })
    const paths = [
      '/',
      '/runs',
      '/flows/a',
      '/runs/a',
      '/sessions/a',
      '/evaluations',
      '/evaluations/a',
      '/experiments/a',
      '/experiments/a/cases/b',
    ]
    for (const path of [
      ...paths,
      '/datasets',
      '/datasets/a',
      '/monitors',
      '/compare',
      '/settings',
      '/api/runs',
      '/api/runs/a',
    ]) {
      const answer = await fetch(dashboard.url + path)
      expect([answer.status, await answer.text()], path).toEqual([
        503,
        expect.stringContaining('ClickHouse does not answer'),
      ])
    }
  })
})
