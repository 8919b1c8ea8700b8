import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Installation, startInstallation, until } from '@weir/engines/testing'
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, openBrowser } from './browser.ts'
import { type OrderServer, orderServer } from './order-server.ts'

// What somebody does who has never run a flow of this server: run it, and approve what waits, after a restart.

let directory: string
let orders: OrderServer
let weir: Installation
let browser: Browser

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-orders-'))
  orders = await orderServer(directory)
  weir = await startInstallation({ env: { ...orders.env, WEIR_SETTLE_QUIET: '200ms' } })
  await orders.start(weir.env)
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await orders?.kill()
  await weir?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

test('a flow that never ran is listed, run from its form, and streams into the page', async () => {
  const { page } = browser
  await page.goto(weir.dashboardUrl)
  await page.getByRole('navigation').getByRole('link', { name: 'Served flows' }).click()
  await page.getByRole('link', { name: 'Run order' }).click()
  await page.getByRole('heading', { name: 'order', level: 1 }).waitFor()
  const panel = page.getByRole('region', { name: 'Run this flow' })
  await panel.getByRole('button', { name: 'Run', exact: true }).click()
  await panel.getByText('does not match its schema').waitFor()
  await panel.getByLabel('item').fill('book')
  await panel.getByLabel('quantity').fill('many')
  await panel.getByRole('button', { name: 'Run', exact: true }).click()
  await panel.getByText('quantity: expected a number, got "many"').waitFor()
  await panel.getByLabel('quantity').fill('2')
  await panel.getByRole('button', { name: 'Run', exact: true }).click()
  await panel.getByText('2 x book reserved').waitFor()
  await panel.getByText('suspended').waitFor()
  await panel.getByRole('button', { name: 'Send approval' }).waitFor()
})

test('after a restart of the server, the run is approved on its page, and ends there', async () => {
  const { page, errors } = browser
  await page.getByRole('link', { name: 'Follow the run' }).click()
  await page.getByRole('region', { name: 'This run waits' }).waitFor()
  expect(errors).toEqual([])
  await orders.kill()
  await page.getByText('nothing listens there').waitFor()
  await orders.start(weir.env)
  const panel = page.getByRole('region', { name: 'This run waits' })
  await panel.getByLabel('approved').selectOption('yes')
  await panel.getByLabel('by', { exact: true }).fill('Ada')
  await panel.getByRole('button', { name: 'Send approval' }).click()
  // The page follows the run by itself.
  const main = page.getByRole('main')
  await main.getByRole('treeitem').filter({ hasText: 'charge' }).waitFor()
  await until(
    () => main.getByText('ok', { exact: true }).count(),
    (count) => count > 0,
  )
  await panel.waitFor({ state: 'detached' })
  const runId = new URL(page.url()).pathname.split('/').at(-1)
  const rows = await weir.query<{ traces: number }>(
    `SELECT length(trace_ids) AS traces FROM runs FINAL WHERE run_id = '${runId}'`,
  )
  expect(rows).toEqual([{ traces: 2 }])
})

/** Runs the flow from its page; gives the panel that shows the run. */
async function orderPen(): Promise<Locator> {
  const { page } = browser
  await page.goto(`${weir.dashboardUrl}/flows/order?run=open`)
  const panel = page.getByRole('region', { name: 'Run this flow' })
  await panel.getByLabel('item').fill('pen')
  await panel.getByRole('button', { name: 'Run', exact: true }).click()
  return panel
}

test('what a server does not take is said: a cancellation; and a signal can be sent again', async () => {
  const { page } = browser
  const panel = await orderPen()
  await panel.getByRole('button', { name: 'Send approval' }).waitFor()
  const routes = '**/api/served/*/runs/**'
  await page.route(routes, (route) => {
    const method = route.request().method()
    if (method === 'DELETE')
      return route.fulfill({ status: 403, json: { error: { message: 'not allowed' } } })
    return method === 'POST' ? route.fulfill({ status: 202, json: {} }) : route.continue()
  })
  await panel.getByRole('button', { name: 'Cancel' }).click()
  await panel.getByText('It goes on: not allowed').waitFor()
  await panel.getByText('suspended').waitFor()
  await panel.getByLabel('by', { exact: true }).fill('Ada')
  await panel.getByRole('button', { name: 'Send approval' }).click()
  // It waits for the same again, as a flow does that asks in a loop.
  await panel.getByRole('button', { name: 'Send another' }).click()
  expect(await panel.getByLabel('by', { exact: true }).inputValue()).toBe('')
  await page.unroute(routes)
})

test('a run is cancelled from the panel', async () => {
  const panel = await orderPen()
  await panel.getByText('Follow the run').waitFor()
  await panel.getByRole('button', { name: 'Cancel' }).click()
  await panel.getByText('cancelled').waitFor()
})

test('a run whose server is killed is not told as a dashboard that does not answer', async () => {
  const panel = await orderPen()
  await panel.getByRole('button', { name: 'Send approval' }).waitFor()
  await orders.kill()
  await panel.getByText('Nothing more is heard of the run here').waitFor()
  await panel.getByText('unknown', { exact: true }).waitFor()
})
