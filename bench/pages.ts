import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { startInstallation } from '@weir/engines/testing'
import { createStore, migrate, rows } from '@weir/store'
import { chromium, type Page } from 'playwright-core'
import { generate } from './generate.ts'

export const name = 'pages: JavaScript of a first visit, in Chromium'

const SPANS = 20_000
const BUDGET_KB = { plain: 170, charts: 270 }
type Budget = keyof typeof BUDGET_KB

/** Visits each page with an empty cache and adds up all scripts that came, lazy ones included, compressed with gzip. */
export async function run(): Promise<string> {
  await using weir = await startInstallation()
  const runId = await fill(weir.clickhouseUrl)
  const pages: [string, Budget][] = [
    ['/', 'charts'],
    ['/flows/flow-7', 'charts'],
    ['/runs', 'plain'],
    [`/runs/${runId}`, 'plain'],
    ['/compare', 'plain'],
    ['/evaluations', 'plain'],
  ]
  const lines = [
    '| page | scripts | JavaScript, gzip | budget | ratio | LCP |',
    '|---|---:|---:|---:|---:|---:|',
  ]
  for (const [path, budget] of pages) {
    const { sizes, lcp } = await visit(weir.dashboardUrl + path)
    const kilobytes = sizes.reduce((sum, size) => sum + size, 0) / 1024
    const limit = BUDGET_KB[budget]
    const ratio = (kilobytes / limit).toFixed(2)
    lines.push(
      `| \`${path.replace(runId, '<run>')}\` | ${sizes.length} | ${kilobytes.toFixed(0)} KB | ${limit} KB | ${ratio} | ${lcp.toFixed(0)} ms |`,
    )
  }
  return lines.join('\n')
}

/** Generated runs of the last day; gives the id of one. */
async function fill(url: string): Promise<string> {
  const store = createStore({ url, database: 'weir' })
  await migrate(store)
  await generate(store, SPANS, new Date(), () => {})
  const [run] = await rows<{ id: string }>(store, 'SELECT run_id AS id FROM runs LIMIT 1')
  await store.close()
  return run!.id
}

async function visit(url: string): Promise<{ sizes: number[]; lcp: number }> {
  const profile = await mkdtemp(join(tmpdir(), 'weir-chromium-'))
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  try {
    const page = browser.pages()[0] ?? (await browser.newPage())
    const scripts: Promise<Buffer>[] = []
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.push(response.body())
    })
    await page.goto(url, { waitUntil: 'networkidle' })
    const bodies = await Promise.all(scripts)
    return { sizes: bodies.map((body) => gzipSync(body).length), lcp: await largestContentfulPaint(page) }
  } finally {
    await browser.close()
    await rm(profile, { recursive: true, force: true })
  }
}

/** Milliseconds from the navigation to the largest paint. */
function largestContentfulPaint(page: Page): Promise<number> {
  return page.evaluate(`new Promise((resolve) =>
    new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
      .observe({ type: 'largest-contentful-paint', buffered: true }))`)
}
