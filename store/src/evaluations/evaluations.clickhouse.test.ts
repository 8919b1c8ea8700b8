import { beforeAll, describe, expect, it } from 'vitest'
import { useStore } from '../testing.ts'
import { listBaselines, promoteExperiment, promoteWindow, resolveBaseline } from './baselines.ts'
import {
  getDatasetCases,
  listDatasets,
  listDatasetVersions,
  pushDataset,
  resolveDataset,
} from './datasets.ts'
import { getExperiment, listEvaluations, listExperiments, listTrends } from './experiment-pages.ts'
import { upsertExperiment } from './experiments.ts'
import { insertResults, listCaseResults, listResults } from './results.ts'
import type { Experiment, Result } from './types.ts'

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
  started: 1_800_000_000_000,
  finished: 0,
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

describe('datasets', () => {
  it('give the same content the same version, whatever the order of keys', async () => {
    const cases = [
      { id: 'a', input: { query: 'x', n: 1 }, reference: null, tags: ['t'] },
      { id: 'b', input: 'plain "text" \\ with \u0000 and 🜁', metadata: { k: [1, 2.5] } },
    ]
    const first = await pushDataset(store(), { name: 'research', cases })
    expect(first).toMatchObject({ version: 1, caseCount: 2, isNew: true })
    const [a, b] = cases
    const again = await pushDataset(store(), {
      name: 'research',
      cases: [{ ...a!, input: { n: 1, query: 'x' } }, b!],
    })
    expect(again).toMatchObject({ version: 1, contentHash: first.contentHash, isNew: false })
    const second = await pushDataset(store(), { name: 'research', cases: [b!, a!] })
    expect(second.version).toBe(2)
    expect(await getDatasetCases(store(), { name: 'research', contentHash: first.contentHash })).toEqual(
      cases,
    )
    const page = { name: 'research', contentHash: first.contentHash, limit: 1, offset: 1 }
    expect(await getDatasetCases(store(), page)).toEqual([b])
  })

  it('resolve by name and version', async () => {
    expect(await resolveDataset(store(), { reference: 'research' })).toMatchObject({ version: 2 })
    expect(await resolveDataset(store(), { reference: 'research@1' })).toMatchObject({ version: 1 })
    expect(await resolveDataset(store(), { reference: 'research@9' })).toBeUndefined()
    expect(await listDatasets(store())).toMatchObject([{ name: 'research', version: 2 }])
    expect((await listDatasetVersions(store(), { name: 'research' })).map(({ version }) => version)).toEqual([
      2, 1,
    ])
  })
})

describe('experiments', () => {
  beforeAll(async () => {
    await upsertExperiment(store(), experiment('base', { status: 'passed', started: 1_790_000_000_000 }))
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
      experiment('new', { status: 'failed', gates, finished: 1_800_000_001_000 }),
    )
    expect(await getExperiment(store(), { experimentId: 'new' })).toMatchObject({
      status: 'failed',
      gates,
      finished: 1_800_000_001_000,
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

  it('become baselines of their evaluation', async () => {
    await promoteExperiment(store(), { experimentId: 'base', name: 'release' })
    await promoteExperiment(store(), { experimentId: 'base' })
    await promoteExperiment(store(), { experimentId: 'new' })
    await promoteWindow(store(), {
      name: 'main',
      flow: 'research',
      version: '1',
      environment: '',
      windowFrom: 1,
      windowTo: 2,
    })
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
})
