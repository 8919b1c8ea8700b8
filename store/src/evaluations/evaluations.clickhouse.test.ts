import { beforeAll, describe, expect, it } from 'vitest'
import { useStore } from '../testing.ts'
import { listBaselines, promoteExperiment, resolveBaseline } from './baselines.ts'
import { countCaseChanges } from './case-changes.ts'
import { getExperiment, listEvaluations, listExperiments, listTrends } from './experiment-pages.ts'
import { upsertExperiment } from './experiments.ts'
import { insertResults, listCaseResults, listResults } from './results.ts'
import { insertRows } from './rows.ts'
import type { CaseChange, CaseCursor, Experiment, Result } from './types.ts'

const store = useStore()

const experiment = (experimentId: string, rest: Partial<Experiment> = {}): Experiment => ({
  experimentId,
  evaluation: 'research.pipeline',
  variant: '',
  flow: 'research',
  version: '2',
  environment: 'ci',
  revision: 'abc',
  dataset: 'research@1',
  datasetHash: 'ff',
  baselineExperimentId: '',
  status: 'running',
  planned: 2,
  definition: '{}',
  gates: [],
  error: '',
  startedMs: 1_800_000_000_000,
  finishedMs: 0,
  ...rest,
})

const result = (experimentId: string, caseId: string, rest: Partial<Result> = {}): Result => ({
  experimentId,
  caseId,
  trial: 0,
  kind: 'task',
  name: '',
  outcome: 'passed',
  score: 1,
  reason: '',
  runId: `run-${experimentId}-${caseId}`,
  durationNs: 2_000_000,
  ...rest,
})

describe('experiments', () => {
  beforeAll(async () => {
    await upsertExperiment(store(), experiment('base', { status: 'passed', startedMs: 1_790_000_000_000 }))
    await insertResults(store(), [result('base', 'a'), result('base', 'a', { kind: 'check', name: 'c' })])
    await upsertExperiment(store(), experiment('new', { baselineExperimentId: 'base' }))
    await insertResults(store(), [
      result('new', 'a', { outcome: 'error', score: 0 }),
      result('new', 'a', { kind: 'check', name: 'c', outcome: 'failed', score: 0 }),
      result('new', 'b'),
    ])
  })

  it('count what was written last, once', async () => {
    await insertResults(store(), [
      result('new', 'a'),
      result('new', 'a', { kind: 'check', name: 'c', outcome: 'unverifiable', score: 0, reason: 'why' }),
      result('new', 'a', { kind: 'scorer', name: 's', score: 0.25 }),
      result('new', 'b', { kind: 'scorer', name: 's', score: 0.75 }),
    ])
    const gates = [{ name: 'pass rate >= 1', outcome: 'failed' as const, reason: '1 of 2' }]
    await upsertExperiment(
      store(),
      experiment('new', { status: 'failed', gates, finishedMs: 1_800_000_001_000 }),
    )
    expect(await getExperiment(store(), { experimentId: 'new' })).toMatchObject({
      status: 'failed',
      gates,
      finishedMs: 1_800_000_001_000,
      evaluated: 2,
      passed: 1,
      failed: 0,
      unverifiable: 1,
      errors: 0,
      passRate: 0.5,
      meanDurationMs: 2,
      scores: [{ name: 's', mean: 0.5, min: 0.25, count: 2 }],
      checks: [{ name: 'c', passed: 0, failed: 0, unverifiable: 1 }],
    })
    expect(await listResults(store(), { experimentId: 'new' })).toHaveLength(5)
    expect(await getExperiment(store(), { experimentId: 'none' })).toBeUndefined()
  })

  it('are listed newest first, page by page', async () => {
    const [first] = await listExperiments(store(), { evaluation: 'research.pipeline', limit: 1 })
    expect(first).toMatchObject({ experimentId: 'new' })
    const rest = await listExperiments(store(), { evaluation: 'research.pipeline', after: first! })
    expect(rest.map(({ experimentId }) => experimentId)).toEqual(['base'])
    const trends = await listTrends(store(), { evaluations: ['research.pipeline', 'other'], limit: 1 })
    expect([...trends]).toEqual([['research.pipeline', [first]]])
    expect(await listExperiments(store(), { evaluation: 'other' })).toEqual([])
  })

  it('show each case beside the baseline', async () => {
    const params = { experimentId: 'new', baselineExperimentId: 'base', limit: 1 }
    const first = await listCaseResults(store(), params)
    expect(first.next).toEqual({ caseId: 'a', trial: 0 })
    expect(first.rows).toMatchObject([
      {
        caseId: 'a',
        outcome: 'unverifiable',
        durationMs: 2,
        baselineOutcome: 'passed',
        baselineRunId: 'run-base-a',
        results: [
          { kind: 'task', baselineOutcome: 'passed' },
          { kind: 'check', name: 'c', reason: 'why', baselineOutcome: 'passed', baselineScore: 1 },
          { kind: 'scorer', name: 's', score: 0.25 },
        ],
      },
    ])
    const second = await listCaseResults(store(), { ...params, after: first.next! })
    expect(second.rows.map(({ caseId }) => caseId)).toEqual(['b'])
    expect(second.rows[0]).not.toHaveProperty('baselineOutcome')
    expect(second.next).toBeUndefined()
    const failing = await listCaseResults(store(), { experimentId: 'new', outcome: 'unverifiable' })
    expect(failing.rows.map(({ caseId }) => caseId)).toEqual(['a'])
  })

  describe('against a baseline', () => {
    // Two trials of each case, as [passes in the baseline, passes now].
    const verdicts: readonly (readonly [string, string, string])[] = [
      ['broke-1', '11', '10'],
      ['broke-2', '11', '00'],
      ['mended', '10', '11'],
      ['same-bad', '01', '10'],
      ['same-good', '11', '11'],
      ['new', '', '01'],
    ]
    const params = { experimentId: 'after', baselineExperimentId: 'before' }

    beforeAll(async () => {
      const trials = (id: string, caseId: string, passes: string) =>
        [...passes].flatMap((pass, trial) => [
          result(id, caseId, { trial }),
          result(id, caseId, {
            trial,
            kind: 'check',
            name: 'c',
            outcome: pass === '1' ? 'passed' : 'failed',
          }),
        ])
      await insertResults(store(), [
        ...verdicts.flatMap(([caseId, was, is]) => [
          ...trials('before', caseId, was),
          ...trials('after', caseId, is),
        ]),
        ...trials('before', 'gone', '11'),
      ])
    })

    it('say which cases broke, were mended, stayed the same or are new', async () => {
      const found = async (change: CaseChange) =>
        (await listCaseResults(store(), { ...params, change })).rows.map(
          ({ caseId, trial }) => `${caseId} ${trial}`,
        )
      expect(await found('broke')).toEqual(['broke-1 0', 'broke-1 1', 'broke-2 0', 'broke-2 1'])
      expect(await found('mended')).toEqual(['mended 0', 'mended 1'])
      expect(await found('same')).toEqual(['same-bad 0', 'same-bad 1', 'same-good 0', 'same-good 1'])
      expect(await found('new')).toEqual(['new 0', 'new 1'])
      const failed = await listCaseResults(store(), { ...params, change: 'same', outcome: 'failed' })
      expect(failed.rows).toMatchObject([{ caseId: 'same-bad', trial: 1, baselineOutcome: 'passed' }])
    })

    it('page through the cases of a change without a gap', async () => {
      const seen: string[] = []
      let after: CaseCursor | undefined
      do {
        const page = await listCaseResults(store(), {
          ...params,
          change: 'broke',
          limit: 1,
          ...(after && { after }),
        })
        expect(page.rows).toHaveLength(1)
        seen.push(...page.rows.map(({ caseId, trial }) => `${caseId} ${trial}`))
        after = page.next
      } while (after !== undefined)
      expect(seen).toEqual(['broke-1 0', 'broke-1 1', 'broke-2 0', 'broke-2 1'])
    })

    it('count the cases of each change, and their trials of an outcome', async () => {
      expect(await countCaseChanges(store(), params)).toEqual([
        { change: 'broke', cases: 2, trials: 4 },
        { change: 'mended', cases: 1, trials: 2 },
        { change: 'new', cases: 1, trials: 2 },
        { change: 'same', cases: 2, trials: 4 },
      ])
      expect(await countCaseChanges(store(), { ...params, outcome: 'failed' })).toEqual([
        { change: 'broke', cases: 2, trials: 3 },
        { change: 'mended', cases: 1, trials: 0 },
        { change: 'new', cases: 1, trials: 1 },
        { change: 'same', cases: 2, trials: 1 },
      ])
      expect(await countCaseChanges(store(), { ...params, baselineExperimentId: '' })).toEqual([
        { change: 'new', cases: 6, trials: 12 },
      ])
    })

    it('show the trials of one case', async () => {
      const { rows, next } = await listCaseResults(store(), { ...params, caseId: 'mended' })
      expect(rows).toMatchObject([
        { caseId: 'mended', trial: 0, outcome: 'passed', baselineOutcome: 'passed' },
        { caseId: 'mended', trial: 1, outcome: 'passed', baselineOutcome: 'failed' },
      ])
      expect(next).toBeUndefined()
    })
  })

  it('become baselines of their evaluation', async () => {
    await promoteExperiment(store(), { experimentId: 'base', name: 'release' })
    await promoteExperiment(store(), { experimentId: 'base' })
    await promoteExperiment(store(), { experimentId: 'new', force: true })
    const window = { window_from: '1970-01-01 00:00:00.001', window_to: '1970-01-01 00:00:00.002' }
    await insertRows(store(), 'baselines', [{ name: 'main', flow: 'research', version: '1', ...window }])
    const find = (name: string) => resolveBaseline(store(), { evaluation: 'research.pipeline', name })
    expect(await find('main')).toBe('new')
    expect(await find('release')).toBe('base')
    expect(await find('base')).toBe('base')
    expect(await find('none')).toBeUndefined()
    expect(await listBaselines(store(), { flow: 'research' })).toHaveLength(3)
    expect(await listEvaluations(store())).toMatchObject([
      {
        evaluation: 'research.pipeline',
        experiments: 2,
        baselines: ['main', 'release'],
        latest: { experimentId: 'new' },
      },
    ])
  })

  it('cannot be a baseline before they end', async () => {
    await upsertExperiment(store(), experiment('open', { evaluation: 'open' }))
    await expect(promoteExperiment(store(), { experimentId: 'open' })).rejects.toThrow('is running')
    await expect(promoteExperiment(store(), { experimentId: 'none' })).rejects.toThrow('no experiment "none"')
  })

  it('are no baselines if they failed or left cases out, unless that is wanted', async () => {
    const gates = [{ name: 'pass rate >= 1', outcome: 'failed' as const, reason: '0 of 2 passed' }]
    const bad = [
      experiment('bad', { evaluation: 'bad', status: 'failed', gates }),
      experiment('part', { evaluation: 'bad', status: 'passed', definition: '{"leftOut":3}' }),
    ]
    for (const one of bad) await upsertExperiment(store(), one)
    const promote = (experimentId: string, force = false) =>
      promoteExperiment(store(), { experimentId, force })
    await expect(promote('bad')).rejects.toThrow('failed (pass rate >= 1: 0 of 2 passed)')
    await expect(promote('part')).rejects.toThrow('without 3 of its cases (--filter)')
    expect(await promote('bad', true)).toMatchObject({ experimentId: 'bad' })
    expect(await promote('part', true)).toMatchObject({ experimentId: 'part' })
  })

  it('have means of the scores that there are', async () => {
    await upsertExperiment(store(), experiment('scored', { evaluation: 'scored', status: 'failed' }))
    const of = { experimentId: 'scored', trial: 0, reason: '', runId: '', durationNs: 0 }
    await insertResults(store(), [
      ...['a', 'b'].map(
        (caseId) => ({ ...of, caseId, kind: 'task', name: '', outcome: 'passed', score: 1 }) as const,
      ),
      { ...of, caseId: 'a', kind: 'scorer', name: 'some', outcome: 'passed', score: 0.5 },
      { ...of, caseId: 'b', kind: 'scorer', name: 'some', outcome: 'error', score: 0 },
      { ...of, caseId: 'a', kind: 'scorer', name: 'none', outcome: 'error', score: 0 },
    ])
    const { scores } = (await getExperiment(store(), { experimentId: 'scored' }))!
    expect(scores).toEqual([{ name: 'some', mean: 0.5, min: 0.5, count: 1 }])
  })
})
