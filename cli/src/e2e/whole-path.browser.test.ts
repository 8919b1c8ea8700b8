import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, openBrowser } from './browser.ts'
import { readNote, readRow, readTile } from './counts.ts'

// What a newcomer does after `npm start`: from the overview to a flow, a run, a comparison and an experiment.

let weir: Installation
let browser: Browser

beforeAll(async () => {
  weir = await startInstallation({ args: ['--demo'] })
  await until(
    async () => weir.output(),
    (output) => output.includes('what to look at'),
    { timeoutMs: 240_000 },
  )
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await weir?.[Symbol.asyncDispose]()
})

test('the overview lists the flows of all three examples', async () => {
  const { page } = browser
  await page.goto(weir.dashboardUrl)
  const flows = page.getByRole('table', { name: 'Flows' })
  for (const name of ['research', 'POST /orders', 'answerTicket']) {
    await flows.getByRole('link', { name, exact: true }).waitFor()
  }
})

test('a click on a flow shows its steps, versions and monitor', async () => {
  const { page } = browser
  await page
    .getByRole('table', { name: 'Flows' })
    .getByRole('link', { name: 'research', exact: true })
    .click()
  await page.getByRole('heading', { name: 'research', level: 1 }).waitFor()
  const steps = page.getByRole('table', { name: 'Steps' })
  for (const step of ['plan', 'search', 'synthesize', 'cite']) {
    await steps.getByRole('row').filter({ hasText: step }).waitFor()
  }
  expect(await page.getByRole('table', { name: 'Monitors' }).textContent()).toContain(
    "steps.toHaveSucceeded('cite')",
  )
})

test('a click on a run shows its spans, and a span its output', async () => {
  const { page } = browser
  await page.getByRole('table', { name: 'Newest runs' }).getByRole('link').first().click()
  await page.waitForURL(/\/runs\/[0-9a-f]{32}/)
  const spans = page.getByRole('tree')
  await spans.getByRole('treeitem').filter({ hasText: 'synthesize' }).first().click()
  await page.waitForURL(/span=/)
  const output = page.getByRole('region', { name: 'Output', exact: true })
  await output.getByText('in short').first().waitFor()
})

test('versions compare with a verdict for the slower and the failing step, and for them only', async () => {
  const { page } = browser
  await page.goto(`${weir.dashboardUrl}/flows/research`)
  await page.getByRole('table', { name: 'Versions' }).getByRole('link', { name: 'Compare with 1' }).click()
  await page.waitForURL(/\/compare\?/)
  const main = page.getByRole('main')
  await main.getByText('Regression of version 2 against version 1').waitFor()
  const verdicts = await verdictsByStep(browser)
  expect(verdicts.synthesize).toContain('slower')
  expect(verdicts.cite).toContain('worse')
  expect(verdicts.cite).not.toContain('slower')
  expect(verdicts.plan).toEqual(['no clear change'])
  expect(verdicts.search).toEqual(['no clear change'])
})

test('the command of a comparison is the same comparison to a shell, whatever the flow is called', async () => {
  const { page } = browser
  const directory = await mkdtemp(join(tmpdir(), 'weir-shell-'))
  const stub = join(directory, 'weir')
  await writeFile(stub, `#!/bin/sh\nprintf '%s\\0' "$@"\n`, { mode: 0o755 })
  const env = { PATH: `${directory}:${process.env.PATH}` }
  for (const flow of ['research', `a'$(touch x)  "b\`c\\\n-\u001b`]) {
    const query = new URLSearchParams({ flow, base: 'version=1', candidate: 'version=2' })
    await page.goto(`${weir.dashboardUrl}/compare?${query}`)
    const command = await page.locator('code', { hasText: 'weir compare' }).textContent()
    const given = execFileSync('/bin/sh', ['-c', command!], { cwd: directory, env, encoding: 'utf8' })
    const expected = ['compare', `--flow=${flow}`, '--base=version=1', '--candidate=version=2']
    expect(given.split('\0').slice(0, -1)).toEqual(expected)
  }
  expect(await readdir(directory)).toEqual(['weir'])
  await rm(directory, { recursive: true })
})

test('one experiment passed, and a gate stopped the other', async () => {
  const { page } = browser
  await page.getByRole('navigation').getByRole('link', { name: 'Evaluations' }).click()
  await page
    .getByRole('table', { name: 'Evaluations' })
    .getByRole('link', { name: 'research', exact: true })
    .first()
    .click()
  const experiments = page.getByRole('table', { name: 'Experiments' })
  await experiments
    .getByRole('row', { name: / failed / })
    .getByRole('link')
    .first()
    .click()
  await page.waitForURL(/\/experiments\//)
  const gates = await page.getByRole('table', { name: 'Gates' }).textContent()
  expect(gates).toContain('latency no worse than the baseline')
  expect(gates).toContain('synthesize')
  expect(await page.getByRole('table', { name: 'Cases' }).textContent()).toContain(
    "steps.toHaveSucceeded('cite')",
  )
  await page.goBack()
  await experiments
    .getByRole('row', { name: / passed / })
    .getByRole('link')
    .first()
    .click()
  await page.waitForURL(/\/experiments\//)
  expect(await page.getByRole('table', { name: 'Gates' }).textContent()).not.toContain('failed')
})

test('runs, errors and quantiles of a flow are the same on all pages', async () => {
  const { page } = browser
  const range = 'range=7d'
  await page.goto(`${weir.dashboardUrl}/?${range}`)
  const overview = await readRow(page, 'Flows', 'research')

  await page.goto(`${weir.dashboardUrl}/flows/research?${range}`)
  const tiles: Record<string, string> = {}
  for (const label of ['Runs', 'Error rate', 'p50', 'p95', 'Tokens', 'Cost'])
    tiles[label] = await readTile(page, label)
  expect(overview).toMatchObject(tiles)
  const versions = await Promise.all(['1', '2'].map((version) => readRow(page, 'Versions', version)))
  const sum = versions.reduce((total, { Runs }) => total + Number(Runs), 0)
  expect(String(sum)).toBe(overview.Runs)
  const monitors = await page
    .getByRole('table', { name: 'Monitors' })
    .getByRole('row')
    .nth(1)
    .getByRole('cell')
    .allInnerTexts()
  expect(monitors.slice(-4)[0]).toBe(overview.Runs)
  expect(await readNote(page, 'Newest runs')).toBe(`15 of ${overview.Runs} runs`)

  await page.goto(`${weir.dashboardUrl}/runs?flow=research&${range}`)
  expect(await readNote(page, 'Newest runs')).toBe(`50 of ${overview.Runs} runs`)
  await page.goto(`${weir.dashboardUrl}/runs?flow=research&status=error&${range}`)
  const failed = Number(/of (\d+) runs/.exec(await readNote(page, 'Newest runs'))![1])
  expect(`${((failed / sum) * 100).toFixed(1)}%`).toBe(overview['Error rate'])

  await page.goto(`${weir.dashboardUrl}/compare?flow=research&base=version%3D1&candidate=version%3D2`)
  const sides = await page.getByRole('region', { name: 'Verdict' }).getByRole('listitem').allInnerTexts()
  for (const [i, { Runs }] of versions.entries()) {
    expect(sides[i]).toContain(`version ${i + 1}: ${Runs} of ${Runs} runs ended`)
  }
})

test('of a run of 10,600 spans all errors can be opened, and header and toolbar count alike', async () => {
  const { page } = browser
  const traceId = 'be'.repeat(16)
  await sendLargeRun(traceId, 10_600, [40, 5_000, 10_300, 10_590])
  await until(
    () =>
      weir.query<{ spans: number }>(`SELECT span_count AS spans FROM runs FINAL WHERE run_id = '${traceId}'`),
    ([run]) => run?.spans === 10_600,
  )
  await page.goto(`${weir.dashboardUrl}/runs/${traceId}`)
  const tree = page.getByRole('tree')
  expect(await page.locator('dl[aria-label="Run"]').textContent()).toContain('10.6K4 with error')
  // The first 10,000, two errors that come later, and the two steps around these.
  await page.getByText('10,004 of 10,600 spans', { exact: true }).waitFor()
  await page.getByRole('button', { name: '4 with error' }).click()
  for (const nth of [40, 5_000, 10_300, 10_590]) {
    await tree.getByRole('treeitem', { name: new RegExp(`^call ${nth}, `) }).click()
    await page.getByRole('region', { name: 'Selected span' }).getByText(`failed ${nth}`).first().waitFor()
  }
  // A late span without error that an address names.
  const late = (10_450).toString(16).padStart(16, '0')
  await page.goto(`${weir.dashboardUrl}/runs/${traceId}?span=${late}`)
  await tree.getByRole('treeitem', { name: /^call 10450, /, selected: true }).waitFor()
  expect(await page.getByRole('main').textContent()).toContain('all of the 4 with error')
})

test('a new run appears without a reload', async () => {
  const { page } = browser
  await page.goto(`${weir.dashboardUrl}/runs`)
  const now = `${Date.now()}000000`
  const span = {
    traceId: 'ab'.repeat(16),
    spanId: 'cd'.repeat(8),
    name: 'just now',
    startTimeUnixNano: now,
    endTimeUnixNano: now,
  }
  const response = await fetch(`${weir.collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
  expect(response.status).toBe(200)
  await page
    .getByRole('table')
    .getByRole('link', { name: 'just now', exact: true })
    .waitFor({ timeout: 20_000 })
})

test('a long text is cut between two characters', async () => {
  const { page } = browser
  const now = `${Date.now()}000000`
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  // Half of each emoji is beyond a bound: of a session's glance, of a text in a tree, of a value that travels whole.
  const input = `${'a'.repeat(1_199)}😀${'b'.repeat(18_798)}😀c`
  const span = {
    ...{ traceId: 'ef'.repeat(16), spanId: 'cd'.repeat(8), name: 'long texts' },
    ...{ startTimeUnixNano: now, endTimeUnixNano: now },
    attributes: [
      attribute('input.value', input),
      attribute('output.value', JSON.stringify([`${'d'.repeat(599)}😀e`])),
      attribute('session.id', 'long'),
    ],
  }
  await fetch(`${weir.collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
  await until(
    async () => (await fetch(`${weir.dashboardUrl}/sessions/long`)).status,
    (status) => status === 200,
  )
  await page.goto(`${weir.dashboardUrl}/sessions/long`)
  const turn = await page.getByRole('region', { name: 'Input' }).textContent()
  expect(turn).toBe(`Input${'a'.repeat(1_199)}…`)
  await page.goto(`${weir.dashboardUrl}/runs/${span.traceId}`)
  const payload = page.getByRole('region', { name: 'Input' }).locator('pre')
  expect(await payload.first().textContent()).toBe(`${'a'.repeat(1_199)}😀${'b'.repeat(18_798)}`)
  await page
    .getByText(`${'d'.repeat(599)}…`)
    .first()
    .waitFor()
})

test('no page logged an error', () => {
  expect(browser.errors).toEqual([])
})

/** A flow with steps of 100 calls each; some of the calls fail. The id of span n is n. */
async function sendLargeRun(traceId: string, count: number, failed: readonly number[]): Promise<void> {
  const start = BigInt(Date.now() - 60_000) * 1_000_000n
  const id = (nth: number) => nth.toString(16).padStart(16, '0')
  const spans = Array.from({ length: count }, (_, i) => {
    const nth = i + 1
    const isStep = nth % 100 === 2
    const parent = nth === 1 ? '' : isStep ? id(1) : id(nth - ((nth + 98) % 100))
    const isFailed = failed.includes(nth)
    return {
      traceId,
      spanId: id(nth),
      parentSpanId: parent,
      name: nth === 1 ? 'large' : `${isStep ? 'step' : 'call'} ${nth}`,
      startTimeUnixNano: String(start + BigInt(nth) * 1_000_000n),
      endTimeUnixNano: String(start + BigInt(nth === 1 ? count + 1 : nth + 1) * 1_000_000n),
      status: isFailed ? { code: 2, message: `failed ${nth}` } : {},
    }
  })
  const response = await fetch(`${weir.collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  })
  expect(response.status).toBe(200)
}

/** The distinct verdicts of each step, from the comparison's table: a step's name stands in its first row only. */
async function verdictsByStep({ page }: Browser): Promise<Record<string, string[]>> {
  const rows = await page.getByRole('table', { name: 'Comparison by step' }).getByRole('row').allInnerTexts()
  const verdicts: Record<string, string[]> = {}
  let step = ''
  for (const row of rows) {
    const name = /^(plan|search|synthesize|cite|Whole run)\b/.exec(row)?.[1]
    step = name ?? step
    const verdict = /slower|faster|worse|better|no clear change|needs n >= \d+/.exec(row)?.[0]
    if (verdict) verdicts[step] = [...new Set([...(verdicts[step] ?? []), verdict])]
  }
  return verdicts
}
