import type { Installation } from '@weir/engines/testing'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, openBrowser } from './browser.ts'
import { DATASET_NAMES, NAMES, startWithNames } from './names.ts'
import type { SentRun } from './send-runs.ts'

// Flows, versions, sessions, evaluations and the rest of any name: each has its page, and links and filters lead there.

/** The longest names would be on every page: their runs are old enough for a range without them. */
const isLong = (name: string) => name.length > 1_000
const rangeOf = (name: string) => (isLong(name) ? '6h' : '1h')
const LONG_AGO_MS = 7_200_000

let weir: Installation
let browser: Browser

beforeAll(async () => {
  weir = await startWithNames(NAMES, (now) =>
    NAMES.flatMap((name, nth): SentRun[] => {
      const startMs = now - nth * 1000 - (isLong(name) ? LONG_AGO_MS : 0)
      return [
        { flow: name, version: name, environment: name, session: name, runId: name, startMs },
        { flow: name, version: 'other', startMs: startMs - 120_000 },
      ]
    }),
  )
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await weir?.[Symbol.asyncDispose]()
})

/** As a page says a name. */
const said = (name: string) => name || '(no name)'
/** As a browser shows text: titles have no other white space. */
const shown = (text: string) => text.trim().replaceAll(/\s+/g, ' ')
const heading = (page: Page) => page.getByRole('heading', { level: 1 })
const label = (name: string) => JSON.stringify(name.slice(0, 40))

async function expectPage(page: Page, name: string): Promise<void> {
  await expect.poll(() => heading(page).textContent(), { message: label(name) }).toBe(said(name))
  await expect.poll(() => page.title(), { message: label(name) }).toContain(shown(said(name)))
}

/** Where the links in the table of a page lead, by what they say. */
async function linksOf(path: string, selector: string): Promise<Map<string, string>> {
  await browser.page.goto(weir.dashboardUrl + path)
  const found = await browser.page
    .getByRole('table')
    .locator(selector)
    .evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute('href')] as const))
  return new Map(found as readonly (readonly [string, string])[])
}

const FLOWS = 'a[href^="/flows/"]'

async function linksOfFlows(): Promise<Map<string, string>> {
  return new Map([
    ...(await linksOf(`/?range=${rangeOf('x'.repeat(12_000))}`, FLOWS)),
    ...(await linksOf(`/?range=${rangeOf('')}`, FLOWS)),
  ])
}

describe('a name of any characters', () => {
  // Where a list links a page of each name: the addresses are those of its links.
  test.each([
    ['flow', linksOfFlows, NAMES],
    ['evaluation', () => linksOf('/evaluations', 'th a[href^="/evaluations/"]'), NAMES],
    ['dataset', () => linksOf('/datasets', 'th a[href^="/datasets/"]'), DATASET_NAMES],
  ])('has a page of its own as %s', async (_, find, names) => {
    const { page } = browser
    const hrefs = await find()
    expect([...hrefs.keys()]).toEqual(expect.arrayContaining(names.map(said)))
    for (const name of names) {
      const href = hrefs.get(said(name))!
      const answer = await page.goto(weir.dashboardUrl + href, { waitUntil: 'domcontentloaded' })
      expect(answer?.status(), label(name)).toBe(200)
      expect(page.url()).toBe(weir.dashboardUrl + href)
      await expectPage(page, name)
    }
  })

  test('has the same page as flow of a monitor', async () => {
    const paths = (hrefs: ReadonlyMap<string, string>) =>
      NAMES.map((name) => hrefs.get(said(name))?.replace(/\?.*/, ''))
    const flows = paths(await linksOfFlows())
    expect(flows).not.toContain(undefined)
    expect(paths(await linksOf('/monitors', `td ${FLOWS}`))).toEqual(flows)
  })

  test('is kept by filters and links from page to page, and compares', async () => {
    const { page } = browser
    for (const name of NAMES) {
      await page.goto(`${weir.dashboardUrl}/?range=${rangeOf(name)}`)
      await page
        .getByRole('table', { name: 'Flows' })
        .getByRole('link', { name: said(name), exact: true })
        .click()
      await expectPage(page, name)

      const version = page.getByLabel('Version', { exact: true })
      const option = version.locator('option', { hasText: name === '' ? '(none)' : '' })
      const values = await option.evaluateAll((all) =>
        all.map((each) => [each.textContent, (each as unknown as { value: string }).value]),
      )
      const value = values.find(([text]) => text === (name || '(none)'))![1]!
      await version.selectOption({ value })
      await page.waitForURL((url) => url.searchParams.get('version') === value)
      await expect
        .poll(() => page.getByRole('table', { name: 'Newest runs' }).getByRole('row').count())
        .toBe(2)
      expect(await version.inputValue()).toBe(value)
      await expectPage(page, name)

      await page.getByRole('table', { name: 'Newest runs' }).getByRole('link', { name: /^Run / }).click()
      await page.waitForURL(/\/runs\//)
      const about = page.getByRole('list', { name: 'About this run' })
      await expect
        .poll(() => about.locator('code').textContent())
        .toEqual(name || expect.stringMatching(/^[0-9a-f]{32}$/))
      await expect.poll(() => heading(page).textContent()).toBe(said(name))
      if (name !== '') {
        await about.locator('a[href^="/sessions/"]').click()
        await page.waitForURL(/\/sessions\//)
        await expectPage(page, name)
        await page.goBack()
      }

      await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link').last().click()
      await page.waitForURL(/\/flows\//)
      await page.getByRole('link', { name: 'Compare with other' }).click()
      await page.waitForURL(/\/compare\?/)
      await page
        .getByRole('region', { name: 'Verdict' })
        .getByText(`version ${name || '(none)'}`)
        .first()
        .waitFor()
    }
    expect(browser.errors).toEqual([])
  })

  test('leads from an evaluation to its experiment', async () => {
    const { page } = browser
    await page.goto(`${weir.dashboardUrl}/evaluations`)
    const hrefs: (string | null)[] = []
    for (const name of NAMES) {
      const link = page.getByRole('link', { name: `Experiment ${name}, passed`, exact: true })
      hrefs.push(await link.getAttribute('href'))
    }
    for (const [nth, name] of NAMES.entries()) {
      await page.goto(`${weir.dashboardUrl}${hrefs[nth]}`, { waitUntil: 'domcontentloaded' })
      await expectPage(page, name)
      await page.getByRole('list', { name: 'About this experiment' }).locator('a[href^="/flows/"]').click()
      await page.waitForURL(/\/flows\//)
      await expectPage(page, name)
    }
  })
})
