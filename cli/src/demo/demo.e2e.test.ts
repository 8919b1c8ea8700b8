import { type Installation, startInstallation, until } from '@weir/engines/testing'
import type { Comparison, StepComparison } from '@weir/store/compare'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let weir: Installation

beforeAll(async () => {
  weir = await startInstallation({ args: ['--demo'] })
  await until(
    async () => weir.output().match(/^weir is ready/gm)?.length,
    (count) => count === 2,
    { timeoutMs: 200_000 },
  )
})

afterAll(() => weir?.[Symbol.asyncDispose]())

/** The metrics that changed, by step; null is the whole run. */
function changes(steps: readonly StepComparison[]): Record<string, string[]> {
  const entries = steps.map(({ step, metrics }) => [
    step ?? 'run',
    Object.values(metrics)
      .filter(({ verdict }) => ['slower', 'faster', 'worse', 'better'].includes(verdict))
      .map(({ metric, verdict }) => `${metric} ${verdict}`),
  ])
  return Object.fromEntries(entries)
}

describe('weir up --demo on an empty store', () => {
  test('ends with what to look at and the ready line', () => {
    const lines = weir.output().trim().split('\n')
    expect(lines.at(-1)).toMatch(/^weir is ready {2}dashboard http/)
    for (const what of [
      'all flows',
      'a run with a retry',
      'version 2 against version 1',
      'the experiment that passed',
    ]) {
      expect(lines.some((line) => line.includes(what) && line.includes(weir.dashboardUrl))).toBe(true)
    }
  })

  test('leaves the slower and the failing step of version 2 for the comparison to find, and nothing else', async () => {
    const completed = await weir.weir(
      'compare --flow research --base version=1 --candidate version=2 --fail-on regression --json'.split(' '),
    )
    expect(completed.code, completed.stderr).toBe(1)
    const { steps, run, base, candidate } = JSON.parse(completed.stdout) as Comparison
    expect([base.runs, candidate.runs]).toEqual([450, 450])
    expect(changes(steps)).toEqual({
      plan: [],
      search: [],
      synthesize: ['duration slower', 'p95 slower'],
      cite: ['success worse'],
    })
    expect(changes([run])).toEqual({ run: ['success worse', 'duration slower', 'p95 slower'] })
  })

  test('leaves an experiment that passed, which is the baseline, and one that its gates stopped', async () => {
    const experiments = await weir.query<{ id: string; status: string; version: string; baseline: string }>(
      'SELECT experiment_id AS id, status, version, baseline_experiment_id AS baseline FROM experiments FINAL ORDER BY started',
    )
    expect(experiments).toMatchObject([
      { status: 'passed', version: '1', baseline: '' },
      { status: 'failed', version: '2', baseline: experiments[0]!.id },
    ])
    const list = await weir.weir(['baseline', 'list', '--json'])
    expect(JSON.parse(list.stdout)).toMatchObject([{ name: 'main', experimentId: experiments[0]!.id }])
  })

  test('records the runs of all three programs over the last day, settled and judged', async () => {
    const flows = await weir.query<{ flow: string; runs: number; hours: number; open: number }>(`
      SELECT flow, count() AS runs, dateDiff('hour', min(start), max(start)) AS hours, countIf(incomplete) AS open
      FROM runs FINAL WHERE source = 'production' GROUP BY flow ORDER BY flow`)
    expect(flows.map(({ flow }) => flow)).toEqual([
      'POST /orders',
      'answerTicket',
      'research',
      'summariseThread',
      'supportAgent',
    ])
    for (const { runs, hours, open } of flows) {
      expect(runs).toBeGreaterThanOrEqual(60)
      expect(hours).toBeGreaterThanOrEqual(20)
      expect(open).toBe(0)
    }
    const monitors = await weir.weir(['monitor', 'list', '--json'])
    expect(JSON.parse(monitors.stdout)).toMatchObject([{ name: 'research', flow: 'research' }])
    await until(
      () => weir.query<{ judged: number }>('SELECT uniqExact(run_id) AS judged FROM scores'),
      ([row]) => row?.judged === 900,
    )
  })

  test('is not run again on what it left', async () => {
    expect(await weir.weir(['demo', '--if-empty'])).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})
