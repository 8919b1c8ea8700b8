import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { createStore, type Store } from '@weir/store'
import { insertResults, upsertExperiment } from '@weir/store/evaluations'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, openBrowser } from './browser.ts'
import { postRuns } from './send-runs.ts'

// What a page says where it is easily misread: a silent engine, scores, deep trees, filters that match nothing, old times.

const DEEP = 'de'.repeat(16)
const DEPTH = 60
/** Two traces of one run whose spans have the same ids. */
const TWINS = ['a1'.repeat(16), 'a2'.repeat(16)]
const RUN_OF_TWINS = 'twins'
let weir: Installation
let browser: Browser
let store: Store

beforeAll(async () => {
  weir = await startInstallation()
  const now = Date.now()
  await postRuns(weir.collectorUrl, [
    { flow: 'f', startMs: now },
    { flow: 'f', startMs: now - 60_000 },
  ])
  await postSpans(chain(DEEP, DEPTH, now))
  for (const traceId of TWINS) await postSpans(chain(traceId, 2, now, { 'weir.run.id': RUN_OF_TWINS }))
  store = createStore({ url: weir.clickhouseUrl, database: 'weir' })
  await addExperiment('base', 1, now)
  await addExperiment('worse', 0, now, 'base')
  await until(
    () => weir.query<{ runs: number }>('SELECT count() AS runs FROM runs FINAL'),
    ([row]) => row?.runs === 4,
  )
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await store?.close()
  await weir?.[Symbol.asyncDispose]()
})

/** Spans, each the child of the one before; the first is a flow. */
function chain(traceId: string, spans: number, startMs: number, attributes: Record<string, string> = {}) {
  const id = (nth: number) => (nth + 1).toString(16).padStart(16, '0')
  return Array.from({ length: spans }, (_, nth) => ({
    traceId,
    spanId: id(nth),
    ...(nth === 0 ? {} : { parentSpanId: id(nth - 1) }),
    name: `the work of level ${nth}`,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + 1_000}000000`,
    ...(nth % 7 === 6 ? { status: { code: 2 } } : {}),
    attributes: Object.entries({ 'weir.kind': nth === 0 ? 'flow' : 'span', ...attributes }).map(
      ([key, stringValue]) => ({ key, value: { stringValue } }),
    ),
  }))
}

async function postSpans(spans: readonly object[]): Promise<void> {
  const response = await fetch(`${weir.collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  })
  expect(response.status).toBe(200)
}

async function addExperiment(experimentId: string, score: number, startedMs: number, baseline = '') {
  await upsertExperiment(store, {
    ...{ experimentId, evaluation: 'e', flow: 'f', version: '', environment: '', dataset: '', variant: '' },
    ...{ revision: '', datasetHash: '', baselineExperimentId: baseline, error: '', definition: '{}' },
    ...{ status: 'passed', planned: 1, gates: [], startedMs, finishedMs: startedMs },
  })
  const trial = { experimentId, caseId: 'case', trial: 0, reason: '', runId: '', durationNs: 0 }
  await insertResults(store, [
    { ...trial, kind: 'task', name: '', outcome: 'passed', score: 1 },
    { ...trial, kind: 'scorer', name: 'likeness', outcome: 'passed', score },
  ])
}

test('a ClickHouse that is frozen is named, by a page that is open and by one that is loaded, until it goes on', async () => {
  const { page } = browser
  await page.goto(`${weir.dashboardUrl}/runs`)
  const live = page
    .locator('[class*=live]')
    .filter({ has: page.getByRole('status') })
    .first()
  await live.getByText('Live', { exact: true }).waitFor()
  await live.getByText(/updated \d/).waitFor()
  const pid = Number(readFileSync(join(weir.home, 'run', 'clickhouse.pid'), 'utf8').split('\n')[0])
  process.kill(pid, 'SIGSTOP')
  try {
    await live.getByText('ClickHouse does not answer').waitFor()
    expect(await live.getAttribute('data-live')).toBeNull()
    await live.getByText(/since .+ updated/).waitFor()
    const answer = await fetch(`${weir.dashboardUrl}/flows/f`)
    expect([answer.status, await answer.text()]).toEqual([
      503,
      expect.stringContaining('ClickHouse does not answer'),
    ])
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await live.getByText('Live', { exact: true }).waitFor()
})

test('a score has no colour, its change against the baseline has', async () => {
  const { page } = browser
  await page.goto(`${weir.dashboardUrl}/experiments/worse`)
  const result = page
    .getByRole('table', { name: 'Cases' })
    .getByRole('listitem')
    .filter({ hasText: 'likeness' })
  expect(await result.textContent()).toMatch(/0\.00.*1\.00 worse.*baseline 1\.00/)
  expect(await result.locator('[data-change]').getAttribute('data-change')).toBe('worse')
  expect(await result.locator('[data-status=passed]').count()).toBe(0)
  await page.goto(`${weir.dashboardUrl}/experiments/base`)
  const alone = page
    .getByRole('table', { name: 'Cases' })
    .getByRole('listitem')
    .filter({ hasText: 'likeness' })
  expect(await alone.locator('[data-change], [data-status]').count()).toBe(0)
})

describe('a deep tree', () => {
  test.each([390, 768, 1024, 1400])(
    '%d px wide: every level has a name that does not meet its duration',
    async (width) => {
      const { page } = browser
      await page.setViewportSize({ width, height: 900 })
      await page.goto(`${weir.dashboardUrl}/runs/${DEEP}`)
      const tree = page.getByRole('tree')
      for (const nth of [0, 13, 14, 20, 27, DEPTH - 1]) {
        const row = await showRow(page, nth)
        const name = (await row.getByText(`the work of level ${nth}`).boundingBox())!
        const duration = (await row.getByText(/^\d.*s$/).boundingBox())!
        expect(name.width, `the name of level ${nth}`).toBeGreaterThan(30)
        expect(name.x + name.width, `level ${nth}`).toBeLessThanOrEqual(duration.x)
      }
      const row = await showRow(page, 14)
      await row.click()
      const detail = page.getByRole('region', { name: 'Selected span' })
      await detail.waitFor()
      // Both are in sight once the detail is loaded: the tree is not behind what it opened.
      await expect.poll(() => shownHeight(page, detail)).toBeGreaterThan(150)
      await expect.poll(() => shownHeight(page, tree)).toBeGreaterThan(150)
      await expect.poll(() => shownHeight(page, row)).toBeGreaterThan(10)
      const [inTree, inDetail] = [(await tree.boundingBox())!, (await detail.boundingBox())!]
      const apart = inDetail.x >= inTree.x + inTree.width || inDetail.y >= inTree.y + inTree.height
      expect(apart, JSON.stringify({ inTree, inDetail })).toBe(true)
    },
  )
})

/** The row of a level, scrolled into view: only rows in view exist. */
async function showRow(page: Page, nth: number): Promise<Locator> {
  const row = page.getByRole('treeitem', { name: new RegExp(`^the work of level ${nth},`) })
  await page
    .getByRole('tree')
    .evaluate((tree: { scrollTop: number; readonly scrollHeight: number }, share) => {
      tree.scrollTop = share * tree.scrollHeight - 100
    }, nth / DEPTH)
  await row.waitFor()
  return row
}

/** Pixels of an element's height that the window shows. */
async function shownHeight(page: Page, element: Locator): Promise<number> {
  const box = await element.boundingBox()
  if (box === null) return 0
  return Math.min(box.y + box.height, page.viewportSize()!.height) - Math.max(box.y, 0)
}

test('spans of two traces with one id are two rows, each with its own detail', async () => {
  const { page } = browser
  await page.setViewportSize({ width: 1400, height: 900 })
  await page.goto(`${weir.dashboardUrl}/runs/${RUN_OF_TWINS}`)
  const rows = page.getByRole('treeitem', { name: /^the work of level 1,/ })
  await expect.poll(() => rows.count()).toBe(2)
  const addresses = new Set<string>()
  for (const row of await rows.all()) {
    await row.click()
    await expect.poll(() => row.getAttribute('aria-selected')).toBe('true')
    expect(await page.getByRole('treeitem', { selected: true }).count()).toBe(1)
    addresses.add(page.url())
  }
  expect(addresses.size).toBe(2)
})

test('a search without results says what to loosen, not how to send runs', async () => {
  const { page } = browser
  await page.goto(`${weir.dashboardUrl}/runs?q=nowhere&status=error`)
  const list = page.getByRole('list', { name: 'What to loosen' })
  await list.waitFor()
  expect(await page.getByRole('main').textContent()).not.toContain('weir demo')
  await list.getByRole('link').last().click()
  await page.getByRole('table').getByRole('link', { name: 'f', exact: true }).first().waitFor()
})

test('a query finds runs, one that cannot be read says where it breaks, and one without results what to take away', async () => {
  const { page } = browser
  const open = (query: string) => page.goto(`${weir.dashboardUrl}/runs?q=${encodeURIComponent(query)}`)
  await open('flow:f -status:error')
  await page.getByRole('table').getByRole('link', { name: 'f', exact: true }).first().waitFor()
  const answer = await open('flow:f duration>3')
  expect(answer?.status()).toBe(400)
  const problem = page.getByRole('main').getByRole('alert')
  expect(await problem.textContent()).toBe(
    'column 17: expected a duration with its unit, as in 250ms, 1.5s or 2h, after duration>, got 3\nflow:f duration>3\n                ^',
  )
  expect(await page.getByRole('searchbox', { name: 'Search' }).inputValue()).toBe('flow:f duration>3')
  await open('flow:f "nobody said this"')
  const without = page
    .getByRole('list', { name: 'What to loosen' })
    .getByRole('link', { name: 'Without "nobody said this"' })
  await without.click()
  await page.waitForURL((url) => url.searchParams.get('q') === 'flow:f')
  await page.getByRole('table').getByRole('link', { name: 'f', exact: true }).first().waitFor()
})

test('rows of a fixed range say when, in the reader’s time, with UTC on hover', async () => {
  const { page } = browser
  const day = 86_400_000
  const [from, to] = [Date.now() - day, Date.now() + day].map((ms) => new Date(ms).toISOString().slice(0, 16))
  await page.goto(`${weir.dashboardUrl}/runs?from=${from}&to=${to}`)
  const time = page.getByRole('table').locator('time').first()
  await expect.poll(() => time.textContent()).toMatch(/\d\d:\d\d/)
  expect(await time.textContent()).not.toContain('ago')
  expect(await time.getAttribute('title')).toContain('UTC')
  await page.goto(`${weir.dashboardUrl}/runs`)
  await expect.poll(() => page.getByRole('table').locator('time').first().textContent()).toMatch(/ago|now/)
})

test('a cost that nobody knows is called unknown, or a lower bound, and never nothing', async () => {
  const { page } = browser
  const traceId = 'c0'.repeat(16)
  const attribute = (key: string, value: string | number) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  })
  const [flow, ...calls] = chain(traceId, 3, Date.now())
  const call = (span: object, model: string) => ({
    ...span,
    parentSpanId: flow!.spanId,
    attributes: [
      attribute('gen_ai.operation.name', 'chat'),
      attribute('gen_ai.request.model', model),
      attribute('gen_ai.usage.input_tokens', 1_000_000),
    ],
  })
  const named = {
    ...flow,
    attributes: [attribute('weir.kind', 'flow'), attribute('weir.flow.name', 'costly')],
  }
  await postSpans([named, call(calls[0]!, 'our-own'), call(calls[1]!, 'gpt-4o')])
  await until(
    () => weir.query<{ runs: number }>(`SELECT count() AS runs FROM runs FINAL WHERE flow = 'costly'`),
    ([row]) => row?.runs === 1,
  )
  await page.goto(`${weir.dashboardUrl}/runs/${traceId}`)
  const cost = page
    .locator('dl[aria-label=Run] > div')
    .filter({ has: page.getByText('Cost', { exact: true }) })
  await cost.getByText('≥ $2.50').waitFor()
  expect(await cost.locator('dd').getAttribute('title')).toMatch(/cost of 1,000,000 tokens.*WEIR_PRICES/)
  const models = page.getByRole('table', { name: 'Models' })
  await models.getByRole('row', { name: /our-own.*unknown/ }).waitFor()
  await models.getByRole('row', { name: /gpt-4o.*\$2\.50/ }).waitFor()
  await page.goto(`${weir.dashboardUrl}/flows/costly`)
  await page.getByRole('row', { name: /level 1.*unknown/ }).waitFor()
})
