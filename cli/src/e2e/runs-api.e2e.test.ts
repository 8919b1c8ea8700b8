import { type Installation, startInstallation, until } from '@weir/engines/testing'
import type { RunRowJson } from '@weir/store/pages'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postRuns } from './send-runs.ts'

// Lists of runs over HTTP, and by the command line, are the same.

const RUNS = 7
let weir: Installation

beforeAll(async () => {
  weir = await startInstallation()
  const now = Date.now()
  await postRuns(
    weir.collectorUrl,
    Array.from({ length: RUNS }, (_, nth) => ({
      flow: nth % 2 === 0 ? 'research, "a"' : '..',
      version: nth === 0 ? '' : `1,${nth}`,
      startMs: now - nth * 60_000,
    })),
  )
  await until(
    () => weir.query<{ runs: number }>('SELECT count() AS runs FROM runs FINAL'),
    ([row]) => row?.runs === RUNS,
  )
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
})

interface Page {
  readonly runs: readonly RunRowJson[]
  readonly next: string | null
  readonly error?: string
}

async function get(parameters: Record<string, string>): Promise<Page & { status: number }> {
  const answer = await fetch(`${weir.dashboardUrl}/api/runs?${new URLSearchParams(parameters)}`)
  expect(answer.headers.get('content-type')).toBe('application/json')
  return { status: answer.status, ...((await answer.json()) as Page) }
}

test('a page is what the command line prints, and its cursor leads to the next one', async () => {
  const found: RunRowJson[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await get({ order: 'oldest', limit: '3', cursor })
    const options = cursor === '' ? [] : ['--cursor', cursor]
    const printed = await weir.weir(['runs', '--json', '--order', 'oldest', '--limit', '3', ...options])
    expect(JSON.parse(printed.stdout)).toEqual({ runs: page.runs, next: page.next })
    found.push(...page.runs)
    cursor = page.next
  }
  expect(found.length).toBe(RUNS)
  expect(new Set(found.map(({ runId }) => runId)).size).toBe(RUNS)
  expect(found.map(({ startMs }) => startMs)).toEqual(found.map(({ startMs }) => startMs).toSorted())
})

test.each([
  ['flow:".."', 3],
  ['flow:"research, \\"a\\""', 4],
  ['version:""', 1],
  ['version:"1,3"', 1],
  ['flow:nobody', 0],
])('%s finds %d', async (q, runs) => {
  expect((await get({ q, last: '7d' })).runs.length).toBe(runs)
})

test('another project has other runs', async () => {
  expect(await get({ project: 'other' })).toEqual({ status: 200, runs: [], next: null })
})

test.each([
  [{ q: 'duration>3' }, 'column 10: expected a duration with its unit'],
  [{ cursor: 'x' }, 'expected the cursor of a page'],
  [{ from: '1960-01-01' }, 'is beyond what can be shown: 1970-01-01T00:00 to 2262-04-11T23:47 UTC'],
  [{ from: '2026-01-01', to: '2263-01-01' }, 'is beyond what can be shown'],
  [{ limit: '9999' }, 'expected a whole number from 1 to 500'],
  [{ flow: 'research' }, 'there is no parameter "flow"'],
])('%j is a 400 in words', async (parameters, words) => {
  expect(await get(parameters as Record<string, string>)).toEqual({
    status: 400,
    error: expect.stringContaining(words),
  })
})
