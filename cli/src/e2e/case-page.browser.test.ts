import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { createStore, type Store } from '@weir/store'
import { insertResults, storeCases, upsertExperiment } from '@weir/store/evaluations'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, openBrowser } from './browser.ts'
import { postRuns } from './send-runs.ts'

// The cases of an experiment beside those of its baseline, in which the first passed.

const CASE = 'a/b 50%?'
const OUTPUTS = { before: 'the old answer', after: 'the new answer' }
let weir: Installation
let browser: Browser
let store: Store

beforeAll(async () => {
  weir = await startInstallation()
  const startMs = Date.now()
  await postRuns(
    weir.collectorUrl,
    Object.entries(OUTPUTS).map(([runId, output]) => ({ flow: 'f', startMs, runId, output })),
  )
  store = createStore({ url: weir.clickhouseUrl, database: 'weir' })
  const cases = [{ id: CASE, input: 'question', reference: OUTPUTS.before }]
  await storeCases(store, { dataset: '', datasetHash: 'hash', cases })
  await addExperiment('before', '')
  await addExperiment('after', 'before')
  await until(
    () => weir.query<{ runs: number }>('SELECT count() AS runs FROM runs FINAL'),
    ([row]) => row?.runs === 2,
  )
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await store?.close()
  await weir?.[Symbol.asyncDispose]()
})

/** Of two cases, the first with a trial whose run is stored and one whose run is not. */
async function addExperiment(experimentId: 'before' | 'after', baseline: string): Promise<void> {
  const startedMs = Date.now()
  await upsertExperiment(store, {
    ...{ experimentId, evaluation: 'e', flow: 'f', version: '', environment: '', dataset: '', variant: '' },
    ...{ revision: '', datasetHash: 'hash', baselineExperimentId: baseline, error: '' },
    ...{ status: 'passed', planned: 3, gates: [], startedMs, finishedMs: startedMs, definition: '{}' },
  })
  const outcome = experimentId === 'before' ? 'passed' : 'failed'
  const check = { experimentId, kind: 'check', name: 'c', score: 0, durationNs: 0 } as const
  await insertResults(store, [
    { ...check, caseId: CASE, trial: 0, outcome, reason: 'why', runId: experimentId },
    { ...check, caseId: CASE, trial: 1, outcome, reason: '', runId: 'lost' },
    { ...check, caseId: 'other', trial: 0, outcome: 'passed', reason: '', runId: '' },
  ])
}

test('the count of cases that broke leads to them, and each of them to its page', async () => {
  const { page } = browser
  await page.goto(`${weir.dashboardUrl}/experiments/after`)
  await page.getByRole('link', { name: '1 broke' }).click()
  await page.waitForURL(/change=broke/)
  const table = page.getByRole('table', { name: 'Cases' })
  await expect.poll(() => table.getByRole('rowheader').allTextContents()).toEqual([CASE, CASE])
  expect(await page.getByLabel('Change', { exact: true }).inputValue()).toBe('broke')
  await table.getByRole('link', { name: CASE, exact: true }).first().click()
  await page.getByRole('heading', { level: 1, name: CASE }).waitFor()
})

test('a case shows its output beside what was expected and the baseline, and says which runs are missing', async () => {
  const { page } = browser
  await page.goto(`${weir.dashboardUrl}/experiments/after/cases/a~2Fb%2050~25~3F`)
  const trial = page.getByRole('region', { name: 'Trial 1', exact: true })
  const difference = trial.getByRole('region', { name: 'Output beside expected output and baseline output' })
  expect(await difference.locator('del').allTextContents()).toEqual(['old'])
  expect(await difference.locator('ins').allTextContents()).toEqual(['new'])
  await trial.getByText('why', { exact: true }).waitFor()
  const missing = page.getByRole('region', { name: 'Trial 2', exact: true })
  await missing
    .getByText(/^Its run is not stored/)
    .first()
    .waitFor()
  await trial.getByRole('link', { name: 'Run: baseline' }).click()
  await page.waitForURL(/\/runs\/before$/)
})

test('a case that the experiment does not have is not found', async () => {
  const answer = await browser.page.goto(`${weir.dashboardUrl}/experiments/after/cases/none`)
  expect(answer?.status()).toBe(404)
})
