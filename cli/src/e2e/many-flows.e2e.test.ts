import { type Installation, startInstallation } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

// What a page sends does not grow with the names that an application invents.

const FLOWS = 50_000
const MOST_BYTES = 600_000

let weir: Installation

beforeAll(async () => {
  weir = await startInstallation()
  const minute = `toStartOfMinute(now('UTC')) - INTERVAL number % 60 MINUTE`
  const durations = '[toBFloat16(1000000 + number)], [1]'
  await weir.query(`
    INSERT INTO run_minutes (project, flow, minute, environment, service, version, source, runs, errors, duration_values, duration_counts, settled)
    SELECT 'default', concat('order ', toString(number)), ${minute}, concat('env ', toString(number)), 'api',
      concat('commit ', toString(number)), 'production', number % 5 + 1, 0, ${durations}, now64(6)
    FROM numbers(${FLOWS})`)
  await weir.query(`
    INSERT INTO step_minutes (
      project, flow, minute, environment, service, version, source, step, kind, executions, duration_values, duration_counts, settled)
    SELECT 'default', 'order 1', toStartOfMinute(now('UTC')), 'env 1', 'api', 'commit 1', 'production',
      concat('page ', toString(number)), 'step', 1, ${durations}, now64(6)
    FROM numbers(${FLOWS})`)
  await weir.query(`
    INSERT INTO runs (project, run_id, flow, version, environment, service, source, status, start, duration_ns, session_id,
      parent_run_id, settled)
    SELECT 'default', concat('run ', toString(number)), concat('order ', toString(number)), 'commit 1', 'env 1', 'api',
      'production', 'ok', now64(9, 'UTC') - INTERVAL number SECOND, 1000000, 'chat', if(number = 0, '', 'run 0'), now64(6)
    FROM numbers(20000)`)
  await weir.query(`
    INSERT INTO experiments (project, experiment_id, evaluation, flow, status, started)
    SELECT 'default', concat('experiment ', toString(number)), concat('evaluation ', toString(number % 1000)), 'order 1',
      'passed', now64(3) - INTERVAL number SECOND
    FROM numbers(5000)`)
  await weir.query(`
    INSERT INTO datasets (project, name, version, content_hash, case_count, created)
    SELECT 'default', if(number < 2500, concat('dataset ', toString(number)), 'busy'), number, 'hash', 1, now64(3)
    FROM numbers(5000)`)
  await weir.query(`
    INSERT INTO monitors (project, name, flow, definition, sample, created)
    SELECT 'default', concat('monitor ', toString(number)), 'order 1', '{}', 1, now64(3) FROM numbers(2000)`)
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
})

async function open(path: string): Promise<string> {
  const response = await fetch(`${weir.dashboardUrl}${path}`)
  expect(response.status).toBe(200)
  return response.text()
}

const PAGES: readonly (readonly [path: string, says: string])[] = [
  ['/', `50 of 50,000 flows with runs in this time`],
  ['/?order=name&q=order', '50 of 50,000 flows whose name contains'],
  ['/flows/order%201', '100 of 50,000 steps'],
  ['/runs?flow=order+7', 'order 7'],
  ['/runs/run%200', 'The first 100 of 19,999 runs'],
  ['/sessions/chat', 'Next page'],
  ['/compare?flow=order+1', 'One of 50,000'],
  ['/evaluations', 'Next page'],
  ['/evaluations/evaluation%201', 'experiment'],
  ['/datasets', 'Next page'],
  ['/datasets/busy', 'Any version of 2,500'],
  ['/monitors', 'Next page'],
]

test.each(PAGES)('%s is small and says what it leaves out', async (path, says) => {
  const html = await open(path)
  expect(html.replaceAll('<!-- -->', '')).toContain(says)
  expect(html.length).toBeLessThan(MOST_BYTES)
})

test('the overview counts all runs, and links the next page', async () => {
  const html = await open('/')
  expect(html).toContain('title="150,000"')
  const next = /href="(\/\?cursor=[^"]+)"/.exec(html)?.[1]
  const flowsOf = (page: string) => new Set(page.match(/href="\/flows\/order[^"]*"/g))
  const [first, second] = [flowsOf(html), flowsOf(await open(next!))]
  expect([first.size, second.size]).toEqual([50, 50])
  expect([...second].filter((flow) => first.has(flow))).toEqual([])
})

test('a rare flow is found by its name', async () => {
  const html = await open('/?q=order+49999')
  expect(html.match(/href="\/flows\/order[^"]*"/g)?.length).toBe(1)
})

test('the nested runs of a run have further pages, each with other runs', async () => {
  const html = await open('/runs/run%200')
  const next = /href="(\/runs\/run%200\?children=[^"]+)"/.exec(html)?.[1]
  const runsOf = (page: string) => new Set(page.match(/href="\/runs\/run%20[1-9]\d*"/g))
  const second = await open(next!)
  expect(second.replaceAll('<!-- -->', '')).toContain('100 of 19,999 runs')
  const [one, two] = [runsOf(html), runsOf(second)]
  expect([one.size, two.size]).toEqual([100, 100])
  expect([...two].filter((run) => one.has(run))).toEqual([])
  expect((await fetch(`${weir.dashboardUrl}/runs/run%200?children=x`)).status).toBe(200)
})
