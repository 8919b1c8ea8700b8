import { beforeAll, expect, test } from 'vitest'
import { upsertExperiment } from '../evaluations/experiments.ts'
import { uniform } from '../statistics/testing.ts'
import { useStore } from '../testing.ts'
import { compare } from './compare.ts'
import { parseSide } from './side.ts'
import { duration, insertRuns, type TestRun, type TestStep } from './testing.ts'

const NOW = new Date('2026-11-20T12:00:00Z')
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000)
const store = useStore()

beforeAll(async () => {
  await insertRuns(store(), [...research('1', 300), ...research('2', 300)])
})

/** Version 2: `synthesize` takes 1.5 times as long, `cite` fails more often, `fetch` became `it's "new"`. */
function research(version: string, n: number, more: Partial<TestRun> = {}): TestRun[] {
  const next = uniform(Number(version) * 1000)
  const second = version === '2'
  return Array.from({ length: n }, (_, i): TestRun => {
    const cited = next() > (second ? 0.2 : 0.02)
    const steps: TestStep[] = [
      { name: 'plan', milliseconds: duration(next, 80) },
      { name: 'search', milliseconds: duration(next, 60) },
      { name: 'search', milliseconds: duration(next, 60) },
      { name: second ? `it's "new"` : 'fetch', milliseconds: duration(next, 10) },
      { name: 'synthesize', milliseconds: duration(next, second ? 300 : 200) },
      { name: 'cite', milliseconds: cited ? duration(next, 40) : 5, status: cited ? 'ok' : 'error' },
    ]
    return {
      runId: `${more.experimentId ?? ''}v${version}-${i}`,
      flow: 'research',
      version,
      start: hoursAgo(1 + i / 10),
      milliseconds: steps.reduce((sum, step) => sum + step.milliseconds, 0),
      status: cited ? 'ok' : 'error',
      steps,
      ...more,
    }
  })
}

const compareSides = (base: string, candidate: string, flow = 'research') =>
  compare(store(), { flow, base: parseSide(base, NOW), candidate: parseSide(candidate, NOW), now: NOW })

test('names the slower and the failing step, and leaves the others alone', async () => {
  const result = await compareSides('version=1', 'version=2')
  const verdicts = Object.fromEntries(
    result.steps.map(({ step, metrics: { success, duration, p95, p99 } }) => [
      step,
      [success, duration, p95, p99].map(({ verdict }) => verdict),
    ]),
  )
  const same = 'no clear change'
  expect(verdicts).toEqual({
    plan: [same, same, same, 'needs n >= 1000'],
    search: [same, same, same, 'needs n >= 1000'],
    synthesize: [same, 'slower', 'slower', 'needs n >= 1000'],
    cite: ['worse', same, same, 'needs n >= 1000'],
  })
  expect(result.verdict).toBe('regression')
  const interval = String.raw`\(95% interval (of the difference )?\S+ to \S+( points)?, q < 0\.001\)`
  expect(result.sentence).toMatch(
    new RegExp(
      `^Regression of version 2 against version 1: step "synthesize" is slower: 1\\.[456]\\d times the duration ${interval}; ` +
        `step "cite" succeeds in \\d\\d\\.\\d% instead of 9\\d\\.\\d% of its runs ${interval}; the whole run`,
    ),
  )
  expect(result.added).toEqual([{ step: `it's "new"`, n: 300, runs: 300 }])
  expect(result.removed).toEqual([{ step: 'fetch', n: 300, runs: 300 }])
  expect(result.steps.map(({ step }) => step)).toEqual(['plan', 'search', 'synthesize', 'cite'])
  // plan, search, synthesize never fail: their success rate is no test.
  expect(result.tests).toBe(5 * 3 - 3)
})

test('a step that repeats in a run is one value: the sum of its executions', async () => {
  const { steps } = await compareSides('version=1', 'version=2')
  const search = steps.find(({ step }) => step === 'search')!
  expect(search.base.n).toBe(300)
  expect(search.base.p50Ns! / 1e6).toBeGreaterThan(110)
  expect(search.base.p50Ns! / 1e6).toBeLessThan(140)
})

test('the sides swapped: an improvement', async () => {
  const result = await compareSides('version=2', 'version=1')
  expect(result.verdict).toBe('improvement')
  expect(result.sentence).toContain('step "synthesize" is faster: 0.6')
})

test('few runs: needs n, and no verdict by accident', async () => {
  await insertRuns(store(), [...few('1', 100), ...few('2', 400)])
  const { run, sentence, verdict } = await compareSides('version=1', 'version=2', 'few')
  expect(run.metrics.duration.verdict).toBe('needs n >= 30')
  expect(run.metrics.success).toMatchObject({ p: null, q: null, effect: null, baseN: 20 })
  expect(verdict).toBe('needs more runs')
  expect(sentence).toContain('at least 30 per side are needed')
})

function few(version: string, milliseconds: number): TestRun[] {
  const steps = [{ name: 'only', milliseconds }]
  const run = { flow: 'few', version, start: hoursAgo(2), milliseconds, steps }
  return Array.from({ length: 20 }, (_, i) => ({ ...run, runId: `few-${version}-${i}` }))
}

test('no run on a side', async () => {
  const result = await compareSides('version=1', 'version=404')
  expect(result).toMatchObject({ verdict: 'needs more runs', added: [], removed: [], tests: 0 })
  expect(result.sentence).toBe('Nothing to compare: no finished run of version 404 was found.')
  expect(result.notes).toContainEqual({
    kind: 'empty',
    text: 'version 404 has no finished runs: production runs, version "404", 2026-11-13 12:00 to 2026-11-20 12:00 UTC.',
  })
})

test('experiments are compared by the runs that their results name, and never mix with production', async () => {
  const experiment = (version: string, experimentId: string) =>
    research(version, 40, { experimentId, source: 'experiment' })
  const crashed = { ...experiment('1', 'exp-a')[0]!, runId: 'crashed', abandoned: true }
  await insertRuns(store(), [...experiment('1', 'exp-a'), ...experiment('2', 'exp-b'), crashed])
  const result = await compareSides('experiment=exp-a', 'experiment=exp-b')
  expect(result.base).toMatchObject({ label: 'experiment exp-a', runs: 40, side: 'experiment=exp-a' })
  expect(result.steps.find(({ step }) => step === 'synthesize')?.metrics.duration.verdict).toBe('slower')
  const production = await compareSides('version=1', 'version=2')
  expect(production.base.runs).toBe(300)
})

/** 12 cases that differ by factors, with some trials each. */
function onCases(experimentId: string, more: (i: number) => Partial<TestRun> = () => ({})): TestRun[] {
  return Array.from({ length: 24 }, (_, n) => {
    const [i, trial] = [n % 12, Math.floor(n / 12)]
    const milliseconds = 100 * 1.3 ** i * (experimentId === 'new' ? 1.3 : 1)
    return {
      runId: `${experimentId}-${n}`,
      flow: 'cases',
      version: experimentId,
      start: hoursAgo(3 - n / 100),
      milliseconds,
      steps: [{ name: 'answer', milliseconds }],
      source: 'experiment',
      experimentId,
      caseId: `case-${String.fromCharCode(97 + i)}`,
      trial,
      cost: 0.01 * (i + 1),
      ...more(i),
    }
  })
}

test('experiments that share cases are paired by case, by pass rate, cost and scores as well', async () => {
  const lone = (experimentId: string, caseId: string) => ({
    ...onCases(experimentId)[0]!,
    runId: `${experimentId}-${caseId}`,
    caseId,
    milliseconds: 1e6,
  })
  await insertRuns(store(), [
    ...onCases('old', (i) => ({ scores: { quality: 0.9 + i / 1000, only: 1 } })),
    lone('old', 'gone'),
    { ...onCases('old')[0]!, runId: 'old-third', trial: 2, start: hoursAgo(1), milliseconds: 1e6 },
    ...onCases('new', (i) => ({
      scores: { quality: 0.8 + i / 1000 },
      outcome: i < 8 ? 'failed' : 'passed',
      cost: 0.02 * (i + 1),
    })),
    lone('new', 'added'),
  ])
  const result = await compareSides('experiment=old', 'experiment=new', 'cases')
  expect(result.pairing).toEqual({
    cases: 12,
    added: { total: 1, ids: ['added'] },
    removed: { total: 1, ids: ['gone'] },
  })
  expect([result.base.runs, result.candidate.runs]).toEqual([25, 24])
  const [passRate, cost, quality, ...others] = result.caseMetrics
  expect(others).toEqual([])
  expect(passRate).toMatchObject({ kind: 'pass rate', base: 1, cases: 12, verdict: 'worse' })
  expect(passRate!.candidate).toBeCloseTo(1 / 3, 12)
  expect(cost).toMatchObject({ kind: 'cost', verdict: 'worse' })
  expect(cost!.effect!.value).toBeCloseTo(2, 8)
  expect(quality).toMatchObject({ kind: 'score', name: 'quality', verdict: 'worse' })
  expect(quality!.effect!.value).toBeCloseTo(-0.1, 8)
  const [answer] = result.steps
  expect(answer!.metrics.duration).toMatchObject({ verdict: 'slower', cases: 12 })
  expect(answer!.metrics.duration.effect!.value).toBeCloseTo(1.3, 6)
  expect(result.verdict).toBe('regression')
  expect(result.sentence).toMatch(
    /^Regression of experiment new against experiment old \(paired, 12 cases\): the pass rate is 33\.3% instead of 100\.0% /,
  )
  expect(result.notes.filter(({ kind }) => kind === 'cases').map(({ text }) => text)).toEqual([
    'Only experiment new has 1 case (added): not compared.',
    'Only experiment old has 1 case (gone): not compared.',
    'Of 1 case one side has more trials: the first ones count, as many as on the other side. Run both with as many trials.',
    'Only experiment old has the score only: not compared.',
  ])
})

test('experiments without a common case say that they are not paired', async () => {
  const { pairing, caseMetrics, notes } = await compareSides('experiment=exp-a', 'experiment=exp-b')
  expect([pairing, caseMetrics]).toEqual([null, []])
  expect(notes).toContainEqual({
    kind: 'cases',
    text: 'experiment exp-a and experiment exp-b share no case: their runs are compared without pairing, pass rates and scores not at all.',
  })
})

test('different versions of a dataset are named', async () => {
  for (const [experimentId, dataset] of [
    ['old', 'queries@1'],
    ['new', 'queries@2'],
  ] as const)
    await upsertExperiment(store(), {
      ...{ experimentId, evaluation: 'cases', variant: '', flow: 'cases', version: '', environment: '' },
      ...{ revision: '', dataset, datasetHash: dataset, baselineExperimentId: '', status: 'passed' },
      ...{ planned: 25, definition: '{}', gates: [], error: '', startedMs: 0, finishedMs: 0 },
    })
  const { notes } = await compareSides('experiment=old', 'experiment=new', 'cases')
  expect(notes[0]).toEqual({
    kind: 'dataset',
    text: 'The datasets differ: experiment old ran queries@1, experiment new queries@2. A case counts as the same if its id is.',
  })
})

test('runs that share a user or a session are not independent, whatever their order in the table', async () => {
  const next = uniform(7)
  const group = (flow: string, version: string, groupOf: (user: string) => Partial<TestRun>) =>
    Array.from({ length: 400 }, (_, i): TestRun => {
      const user = Math.floor(next() * 8)
      const milliseconds = duration(next, 100 * 1.5 ** user)
      return {
        ...{ runId: `${flow}-${version}-${i}`, flow, version, start: hoursAgo(10 - i / 100), milliseconds },
        steps: [{ name: 'work', milliseconds }],
        ...groupOf(`${version}-${user}`),
      }
    })
  const shares: Readonly<Record<string, (user: string) => Partial<TestRun>>> = {
    'by-user': (userId) => ({ userId, sessionId: crypto.randomUUID() }),
    'by-session': (sessionId) => ({ sessionId }),
    alone: () => ({}),
  }
  for (const [flow, groupOf] of Object.entries(shares))
    await insertRuns(store(), [...group(flow, '1', groupOf), ...group(flow, '2', groupOf)])
  const worth = async (flow: string) => {
    const { run, steps, notes } = await compareSides('version=1', 'version=2', flow)
    expect(steps[0]!.metrics.duration.effective).toEqual(run.metrics.duration.effective)
    return { effective: run.metrics.duration.effective, kinds: notes.map(({ kind }) => kind) }
  }
  for (const flow of ['by-user', 'by-session']) {
    const { effective, kinds } = await worth(flow)
    expect(effective![0]).toBeLessThan(20)
    expect(kinds).toContain('dependent')
  }
  expect((await worth('alone')).effective).toBeNull()
})

test('windows', async () => {
  const result = await compareSides('window=32h..16h,version=1', 'window=16h,version=1')
  expect(result.base.runs + result.candidate.runs).toBe(300)
  expect(result.verdict).toBe('no clear change')
  expect(result.sentence).toContain('Too few runs to test: p95 (needs n >= 200)')
})
