import type { Result } from '@weir/store/evaluations'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { run as ofRun } from '../checks/matchers.ts'
import type { Gates } from '../evaluation/definition.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { outlineOf } from '../evaluation/outline.ts'
import { runRounds } from './decision.ts'
import { judgeGates, type Usages } from './gates.ts'
import { planOf } from './plan.ts'
import type { JudgedTrial } from './report.ts'
import type { PlannedTrial } from './trials.ts'

/** What became of one trial; a score that is null failed. */
interface Fate {
  readonly outcome: 'passed' | 'failed' | 'error'
  readonly score: number | null
  readonly cost: number
}

function toTrial({ item, trial }: PlannedTrial, { outcome, score }: Fate): JudgedTrial {
  const caseId = item.id
  const of = { experimentId: 'e', caseId, trial, runId: `${caseId} ${trial}`, durationNs: 0, reason: '' }
  const results: Result[] = [
    { ...of, kind: 'task', name: '', outcome, score: 0 },
    { ...of, kind: 'scorer', name: 'good', outcome: score === null ? 'error' : 'passed', score: score ?? 0 },
  ]
  return { ...of, outcome: score === null ? 'error' : outcome, durationMs: 0, results }
}

/** Runs an evaluation of which it is known how every trial ends; stops when it is decided. */
async function runAll(gates: Gates, cases: number, max: number, fate: (trial: PlannedTrial) => Fate) {
  const evaluation = evaluate('fated', {
    task: () => 1,
    data: [],
    checks: [ofRun.toSucceed()],
    scorers: [{ name: 'good', score: () => 1 }],
    gates: { scores: { good: 0 }, ...gates } as never,
    trials: { max, stopWhen: 'decided' },
  })
  const outline = outlineOf(evaluation)
  const data = {
    cases: Array.from({ length: cases }, (_, i) => ({ id: String(i), input: i })),
    dataset: '',
    hash: '',
  }
  const plan = planOf(outline, undefined, outline.variants[0]!, data)
  const trials: JudgedTrial[] = []
  let cost = 0
  const used = (): Usages => {
    const usage = { inputTokens: 0, outputTokens: 0, cost, isCostPartial: false }
    return { trials: usage, all: usage }
  }
  const run = async (round: Iterator<PlannedTrial>) => {
    for (const one of Iterator.from(round)) {
      trials.push(toTrial(one, fate(one)))
      cost += fate(one).cost
    }
  }
  const { decidedAfter } = await runRounds(plan, undefined, run, async () => ({ trials, usage: used() }))
  const judged = judgeGates(outline.gates, trials, used())
  return { decidedAfter, isPassed: judged.every(({ outcome }) => outcome === 'passed'), trials }
}

const passes: Fate = { outcome: 'passed', score: 1, cost: 0 }
const fails: Fate = { outcome: 'failed', score: 0, cost: 0 }

test('it stops once the rest cannot change the answer, and not before', async () => {
  const after = async (gates: Gates, fate: (trial: number) => Fate) =>
    (await runAll(gates, 3, 10, ({ trial }) => fate(trial))).decidedAfter
  expect(await after({ passRate: 0.5 }, () => passes)).toBe(5)
  expect(await after({ passRate: 0.5 }, () => fails)).toBe(6)
  expect(await after({ passRate: 1 }, () => passes)).toBeUndefined()
  expect(await after({ passRate: 1 }, (trial) => (trial === 3 ? fails : passes))).toBe(4)
  expect(await after({ passRate: 0, perCase: { atLeast: 0.3 } }, () => passes)).toBe(3)
  expect(await after({ passRate: 0, passAt: { 4: 0.9 } }, () => passes)).toBe(4)
  expect(await after({ passRate: 0, passAll: { 2: 0.5 } }, () => fails)).toBe(3)
  expect(await after({ passRate: 0, scores: { good: { min: 0.1 } } }, () => fails)).toBe(1)
  const costs = () => ({ ...passes, cost: 1 })
  expect(await after({ passRate: 0, cost: { total: 14 } }, costs)).toBe(5)
  expect(await after({ passRate: 0, cost: { total: 100 } }, costs)).toBeUndefined()
})

const share = fc.constantFrom(0, 0.2, 0.5, 0.7, 0.9, 1)
const gates = fc.record(
  {
    passRate: share,
    perCase: share.map((atLeast) => ({ atLeast })),
    passAt: fc.dictionary(fc.constantFrom('1', '2', '4'), share),
    passAll: fc.dictionary(fc.constantFrom('1', '2', '4'), share),
    scores: fc.record({ mean: share, min: share }).map((good) => ({ good })),
    cost: fc.record(
      { perTrial: fc.constantFrom(0.5, 2), total: fc.constantFrom(3, 30) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)
const fate = fc.record({
  outcome: fc.constantFrom('passed' as const, 'passed' as const, 'failed' as const, 'error' as const),
  score: fc.constantFrom(0, 0.5, 0.8, 1, 1, null),
  cost: fc.constantFrom(0, 0, 1),
})

test('property: the answer is that of all trials, whatever the others would have done', async () => {
  let stopped = 0
  await fc.assert(
    fc.asyncProperty(
      gates,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fate, { minLength: 24, maxLength: 24 }),
      async (some, cases, fates) => {
        const of = ({ item, trial }: PlannedTrial) => fates[trial * cases + Number(item.id)]!
        const { decidedAfter, isPassed } = await runAll(some as Gates, cases, 6, of)
        if (decidedAfter === undefined) return
        stopped++
        expect(isPassed).toBe(answerOfAll(some as Gates, cases, of))
      },
    ),
    { numRuns: 2_000 },
  )
  expect(stopped).toBeGreaterThan(500)
})

function answerOfAll(some: Gates, cases: number, of: (trial: PlannedTrial) => Fate): boolean {
  const all = Array.from({ length: 6 }, (_, trial) =>
    Array.from({ length: cases }, (_, i) => ({ item: { id: String(i), input: i }, trial })),
  ).flat()
  const cost = all.reduce((sum, one) => sum + of(one).cost, 0)
  const usage = { inputTokens: 0, outputTokens: 0, cost, isCostPartial: false }
  const trials = all.map((one) => toTrial(one, of(one)))
  return judgeGates({ scores: { good: 0 }, ...some }, trials, { trials: usage, all: usage }).every(
    ({ outcome }) => outcome === 'passed',
  )
}
