import { beforeAll, describe, expect, it } from 'vitest'
import { useStore } from '../testing.ts'
import { listBaselines, promoteExperiment, resolveBaseline } from './baselines.ts'
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
import { insertRows } from './rows.ts'
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

  it('keep integers beyond 2^53 as they are written', async () => {
    const cases = [
      {
        id: 'a',
        input: { id: 9_007_199_254_740_993n },
        reference: [-(2n ** 63n)],
        metadata: { n: 2n ** 64n },
      },
    ]
    const { contentHash } = await pushDataset(store(), { name: 'large', cases })
    expect(await getDatasetCases(store(), { name: 'large', contentHash })).toEqual(cases)
    const near = await pushDataset(store(), {
      name: 'large',
      cases: [{ ...cases[0]!, input: { id: 9_007_199_254_740_992n } }],
    })
    expect(near).toMatchObject({ version: 2, isNew: true })
  })

  it('become the latest version when they are pushed, also with the content of an older one', async () => {
    const push = (input: number) => pushDataset(store(), { name: 'back', cases: [{ id: 'a', input }] })
    expect(await push(1)).toMatchObject({ version: 1, isNew: true })
    expect(await push(2)).toMatchObject({ version: 2, isNew: true })
    expect(await push(1)).toMatchObject({ version: 3, isNew: true, sameAs: 1 })
    expect(await push(1)).toMatchObject({ version: 3, isNew: false })
    const latest = await resolveDataset(store(), { reference: 'back' })
    expect(await getDatasetCases(store(), latest!)).toEqual([{ id: 'a', input: 1 }])
  })

  it('that are pushed at once have a version each', async () => {
    const inputs = Array.from({ length: 10 }, (_, at) => at % 8)
    const pushed = await Promise.all(
      inputs.map((input) => pushDataset(store(), { name: 'busy', cases: [{ id: 'a', input }] })),
    )
    const versions = await listDatasetVersions(store(), { name: 'busy' })
    for (const { version, contentHash } of pushed)
      expect(versions.find((stored) => stored.version === version)?.contentHash).toBe(contentHash)
    const stored = await Promise.all(versions.map((version) => getDatasetCases(store(), version)))
    expect(new Set(stored.flat().map(({ input }) => input))).toEqual(new Set(inputs))
    const numbers = versions.map(({ version }) => version).toSorted((a, b) => a - b)
    expect(numbers).toEqual(numbers.map((_, at) => at + 1))
  })

  it('get no name that could be taken for a version; one that has it already is found', async () => {
    const cases = [{ id: 'a', input: 1 }]
    await expect(pushDataset(store(), { name: 'foo@1', cases })).rejects.toThrow(
      'The name of a dataset is "foo@1", expected one without "@", which separates the version from it.',
    )
    await expect(pushDataset(store(), { name: '', cases })).rejects.toThrow('is not empty')
    await expect(pushDataset(store(), { name: 'a\n', cases })).rejects.toThrow('control characters')
    const rows = ['foo@1', 'foo@1'].map((name, at) => ({
      name,
      version: at + 1,
      content_hash: `hash ${at}`,
      case_count: 1,
      created: '2026-01-01 00:00:00',
    }))
    await insertRows(store(), 'datasets', rows)
    expect(await resolveDataset(store(), { reference: 'foo@1' })).toMatchObject({ name: 'foo@1', version: 2 })
    expect(await resolveDataset(store(), { reference: 'foo@1@1' })).toMatchObject({
      name: 'foo@1',
      version: 1,
    })
    await pushDataset(store(), { name: 'foo', cases })
    expect(await resolveDataset(store(), { reference: 'foo@1' })).toMatchObject({ name: 'foo', version: 1 })
    expect(await resolveDataset(store(), { reference: 'foo@1@2' })).toMatchObject({
      name: 'foo@1',
      version: 2,
    })
  })

  it('resolve by name and version', async () => {
    expect(await resolveDataset(store(), { reference: 'research' })).toMatchObject({ version: 2 })
    expect(await resolveDataset(store(), { reference: 'research@1' })).toMatchObject({ version: 1 })
    expect(await resolveDataset(store(), { reference: 'research@9' })).toBeUndefined()
    expect(await listDatasets(store())).toContainEqual(
      expect.objectContaining({ name: 'research', version: 2 }),
    )
    expect((await listDatasetVersions(store(), { name: 'research' })).map(({ version }) => version)).toEqual([
      2, 1,
    ])
  })
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
