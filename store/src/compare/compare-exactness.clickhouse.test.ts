import { expect, test } from 'vitest'
import { execute, insert } from '../store.ts'
import { useStore } from '../testing.ts'
import { compare } from './compare.ts'
import { parseSide } from './side.ts'
import { insertRuns, type TestRun } from './testing.ts'

const NOW = new Date('2026-11-20T12:00:00Z')
const store = useStore()

function run(flow: string, version: string, i: number, more: Partial<TestRun> = {}): TestRun {
  // 100 to 139 in no order: a trend would be a dependence.
  const milliseconds = 100 + (i < 40 ? (i * 17) % 40 : i)
  const steps = [{ name: 'work', milliseconds }]
  const start = new Date(NOW.getTime() - 3_600_000 - i * 1000)
  return { runId: `${version}-${i}`, flow, version, start, milliseconds, steps, ...more }
}

const forty = (flow: string, version: string, more: Partial<TestRun> = {}) =>
  Array.from({ length: 40 }, (_, i) => run(flow, version, i, more))

const compareSides = (flow: string, base: string, candidate: string) =>
  compare(store(), { flow, base: parseSide(base, NOW), candidate: parseSide(candidate, NOW), now: NOW })

test('a run that settled again counts once, a deleted one not at all', async () => {
  const flow = 'resettled'
  const later = new Date(Date.now() + 60_000)
  await insertRuns(store(), [...forty(flow, '1', { status: 'error' }), ...forty(flow, '2')])
  await insertRuns(store(), forty(flow, '1', { settled: later }))
  await insertRuns(store(), [run(flow, '2', 39, { settled: later, deleted: true })])
  const { run: whole, steps } = await compareSides(flow, 'version=1', 'version=2')
  expect(whole.base).toMatchObject({ n: 40, succeeded: 40, p50Ns: 120e6, p95Ns: 138e6 })
  expect(whole.candidate).toMatchObject({ n: 39, succeeded: 39 })
  expect(steps[0]?.candidate).toMatchObject({ n: 39, succeeded: 39 })
})

test('unfinished runs are left out and counted, undecided executions are left out', async () => {
  const flow = 'undecided'
  const suspended = [
    { name: 'approve', milliseconds: 9000, status: 'suspended' },
    { name: 'approve', milliseconds: 50 },
    { name: 'wait', milliseconds: 5, status: 'cancelled' },
  ]
  await insertRuns(store(), [
    ...forty(flow, '1', { steps: suspended }),
    ...forty(flow, '2', { steps: suspended }),
    run(flow, '2', 100, { status: 'running', incomplete: true }),
    run(flow, '2', 101, { status: 'expired', incomplete: true }),
    run(flow, '2', 102, { status: 'suspended' }),
  ])
  const result = await compareSides(flow, 'version=1', 'version=2')
  expect(result.steps.map(({ step }) => step)).toEqual(['approve'])
  expect(result.steps[0]?.base).toMatchObject({ n: 40, succeeded: 40, p50Ns: 50e6 })
  expect(result.candidate).toMatchObject({ runs: 40, unfinished: 2 })
  expect(result.notes).toContainEqual({
    kind: 'unfinished',
    text: 'version 2 has 2 runs that still run or whose end never arrived; they are left out.',
  })
})

test('durations are those of successful executions: failing fast is not faster', async () => {
  const flow = 'fail-fast'
  const failed = {
    steps: [{ name: 'work', milliseconds: 1, status: 'error' }],
    status: 'error',
    milliseconds: 1,
  }
  await insertRuns(store(), [
    ...forty(flow, '1'),
    ...forty(flow, '2'),
    ...Array.from({ length: 60 }, (_, i) =>
      run(flow, '2', 200 + i, { ...failed, start: new Date(NOW.getTime() - 3_600_000 - i * 667) }),
    ),
  ])
  const { steps } = await compareSides(flow, 'version=1', 'version=2')
  expect(steps[0]?.metrics.success).toMatchObject({
    verdict: 'worse',
    baseN: 40,
    candidateN: 100,
    candidate: 0.4,
  })
  expect(steps[0]?.metrics.duration).toMatchObject({ verdict: 'no clear change', candidateN: 40 })
  expect(steps[0]?.metrics.duration.effect?.value).toBeCloseTo(1, 10)
})

test('a baseline stands for its experiment or its frozen window', async () => {
  const flow = 'based'
  await insertRuns(store(), [
    ...forty(flow, '1'),
    ...forty(flow, '2', { source: 'experiment', experimentId: 'exp-1' }),
  ])
  await insert(store(), 'baselines', [
    { project: 'default', name: 'main', evaluation: 'e', flow, experiment_id: 'exp-1' },
    { project: 'default', name: 'main', evaluation: 'other', flow, experiment_id: 'exp-2' },
    {
      project: 'default',
      name: 'frozen',
      evaluation: '',
      flow,
      version: '1',
      window_from: '2026-11-20 10:59:50',
      window_to: '2026-11-20 11:00:00',
    },
  ])
  const result = await compareSides(flow, 'baseline=frozen', 'baseline=main,evaluation=e')
  expect(result.base).toMatchObject({ label: 'baseline frozen', runs: 10 })
  expect(result.candidate.runs).toBe(40)
  await expect(compareSides(flow, 'baseline=main', 'version=1')).rejects.toThrow('Several evaluations')
  await expect(compareSides(flow, 'baseline=gone', 'version=1')).rejects.toThrow(
    'The flow "based" has no baseline "gone". It has:',
  )
  await expect(compareSides('no-such-flow', 'baseline=main', 'version=1')).rejects.toThrow(
    'weir baseline promote',
  )
})

test('common runs and runs that still arrive are told', async () => {
  const flow = 'live'
  const start = new Date(NOW.getTime() - 60_000)
  await insertRuns(store(), forty(flow, '1', { start, environment: 'staging' }))
  const { notes, candidate } = await compareSides(flow, 'version=1,service=test', 'environment=staging')
  expect(notes.find(({ kind }) => kind === 'overlap')?.text).toMatch(/^40 runs belong to both sides/)
  expect(notes.filter(({ kind }) => kind === 'growing')).toHaveLength(2)
  expect(notes.filter(({ kind }) => kind === 'mix')).toEqual([])
  expect(notes.filter(({ kind }) => kind === 'sliced').map(({ text }) => text)).toEqual([
    'version 1 is narrowed to production runs, version "1", service "test", 2026-11-13 12:00 to 2026-11-20 12:00 UTC; its other runs do not count.',
  ])
  expect(candidate.scope).toBe(
    'production runs, environment "staging", 2026-11-13 12:00 to 2026-11-20 12:00 UTC',
  )
})

/** Every tenth run of a version has the step `rare`. */
const insertMany = (flow: string, runs: number) =>
  execute(
    store(),
    `INSERT INTO runs (project, run_id, flow, version, source, status, start, duration_ns, step_names, step_statuses,
       step_starts_ns, step_durations_ns, settled, replaces)
     SELECT 'default', toString(number), {flow:String}, toString(number % 2), 'production', 'ok',
       toDateTime64('2026-11-20 10:00:00', 9, 'UTC'), (1000 + number) * 1000000, ['always', 'rare'],
       ['ok', if(number % 20 < 2, 'ok', 'skipped')], [0, 10], [(1000 + number) * 1000000, 5000000], now64(3), 0
     FROM numbers({runs:UInt32})`,
    { flow, runs },
  )

test('sides that ran in different environments say so, unless they were chosen by them', async () => {
  const flow = 'mixed'
  await insertRuns(store(), [
    ...forty(flow, '1'),
    ...forty(flow, '2').map((one, i) => ({ ...one, environment: i < 10 ? 'prod' : 'staging' })),
  ])
  const { notes } = await compareSides(flow, 'version=1', 'version=2')
  expect(notes.map(({ text }) => text)).toEqual([
    'The sides differ in environment: prod in 100% of version 1 and 25% of version 2. What changed may come from that.',
  ])
  const chosen = await compareSides(flow, 'version=1', 'version=2,environment=staging')
  expect(chosen.notes.map(({ kind }) => kind)).toEqual(['sliced'])
})

test('verdicts about a side that still grows hold however often one looks, and elsewhere if they are asked to', async () => {
  const flow = 'growing'
  const slower = (i: number) => ({ ...run(flow, '2', i).steps[0]!, milliseconds: 160 + ((i * 17) % 40) })
  await insertRuns(store(), [
    ...forty(flow, '1'),
    ...forty(flow, '2').map((one, i) => ({
      ...one,
      milliseconds: slower(i).milliseconds,
      steps: [slower(i)],
    })),
  ])
  const sides = [parseSide('version=1', NOW), parseSide('version=2', NOW)] as const
  const look = async (more: { now?: Date; anytime?: boolean }) => {
    const params = { flow, base: sides[0], candidate: sides[1], now: NOW, ...more }
    const { anytime, run: whole } = await compare(store(), params)
    return { anytime, ...whole.metrics.duration }
  }
  const [once, asked] = [await look({}), await look({ anytime: true })]
  expect([once.anytime, asked.anytime, once.verdict, asked.verdict]).toEqual([
    false,
    true,
    'slower',
    'slower',
  ])
  expect(asked.p!).toBeGreaterThan(once.p!)
  expect(asked.effect!.low).toBeLessThan(once.effect!.low)
  // The newest run started an hour before, and a minute before.
  const growing = await look({ now: new Date(NOW.getTime() - 3_540_000) })
  expect(growing).toMatchObject({ anytime: true, p: asked.p })
})

test('large sides: counts and quantiles of all runs, tests on a sample that is the same each time', async () => {
  await insertMany('large', 24_000)
  const first = await compareSides('large', 'version=0', 'version=1')
  expect(first.run.base).toMatchObject({ n: 12_000, p50Ns: 13_000e6, p95Ns: 23_800e6 })
  expect(first.run.metrics.p99).toMatchObject({ candidateN: 12_000, verdict: 'no clear change' })
  expect(first.steps.find(({ step }) => step === 'rare')?.base.n).toBe(1200)
  expect(first.notes.map(({ kind }) => kind)).toContain('sampled')
  expect(await compareSides('large', 'version=0', 'version=1')).toEqual(first)
})

test('the steps of the largest sides are those of a sample of runs, and the whole runs are all', async () => {
  await insertMany('largest', 240_000)
  const { run, steps, notes } = await compareSides('largest', 'version=0', 'version=1')
  expect(run.base).toMatchObject({ n: 120_000, succeeded: 120_000, p50Ns: 121_000e6, p95Ns: 229_000e6 })
  const [always, rare] = ['always', 'rare'].map((name) => steps.find(({ step }) => step === name)!)
  // A binomial share of 120,000 has a deviation of 171 runs around 50,000; that of a tenth of them 67 around 5,000.
  expect(Math.abs(always!.base.n - 50_000)).toBeLessThan(6 * 171)
  expect(Math.abs(rare!.base.n - 5_000)).toBeLessThan(6 * 67)
  expect(always!.metrics.duration).toMatchObject({
    verdict: 'no clear change',
    candidateN: always!.candidate.n,
  })
  expect(notes.find(({ kind }) => kind === 'sampled')?.text).toMatch(
    /^The steps of version 0 are those of about 50,000 of its 120,000 runs/,
  )
})
