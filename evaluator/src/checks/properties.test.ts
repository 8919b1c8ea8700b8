import type { RunRecord, StepRecord } from '@weir/store/run-model'
import { parseExact } from '@weir/store/text'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toRun } from '../testing.ts'
import { judge } from './judge.ts'
import { run as runChecks, steps as stepChecks, tools as toolChecks } from './matchers.ts'

const name = fc.constantFrom('a', 'b', 'c')
const status = fc.constantFrom('ok' as const, 'error' as const, 'running' as const, 'skipped' as const)
const step = fc.record({
  name,
  status,
  start: fc.integer({ min: 0, max: 20 }),
  duration: fc.integer({ min: 0, max: 10 }),
  attempts: fc.integer({ min: 1, max: 3 }),
  fallback: fc.boolean(),
})
const runs = fc
  .record({ steps: fc.array(step, { maxLength: 7 }), incomplete: fc.boolean(), status })
  .map(toRun)
const complete = runs.map((run): RunRecord => ({ ...run, incomplete: false }))
const names = fc
  .tuple(name, name, fc.option(name, { nil: undefined }))
  .map((list) => list.filter((item) => item !== undefined))
const check = fc.oneof(
  fc
    .tuple(name, fc.nat(2), fc.nat(2))
    .map(([label, low, more]) => stepChecks.toHaveRun(label, { atLeast: low, atMost: low + more })),
  name.map((label) => stepChecks.toHaveSucceeded(label)),
  fc.tuple(names, fc.boolean()).map(([order, strict]) => ({
    type: 'execution.order' as const,
    of: 'steps' as const,
    names: order,
    strict,
  })),
  fc
    .tuple(
      names,
      fc.constantFrom('exact' as const, 'subset' as const, 'superset' as const, 'unordered' as const),
    )
    .map(([list, mode]) => stepChecks.toHaveTrajectory(list, mode)),
  name.map((label) => stepChecks.toHaveFinishedWithin(label, 5)),
  name.map((label) => stepChecks.toHaveRetriedAtMost(label, 1)),
  name.map((label) => stepChecks.toHaveUsedFallback(label)),
  fc.tuple(name, name).map(([label, first]) => stepChecks.every(label).toBePrecededBy(first)),
  fc.tuple(name, fc.nat(1)).map(([label, at]) => stepChecks.at(label, at).toHaveSucceeded()),
  fc.tuple(name, status).map(([label, wanted]) => stepChecks.toHaveStatus(label, wanted)),
  status.map((wanted) => runChecks.toHaveStatus(wanted)),
  fc.constant(runChecks.toHaveNoErrors()),
)

it('a check and its opposite never both pass', () => {
  fc.assert(
    fc.property(runs, check, (run, positive) => {
      const outcomes = [judge(positive, run).outcome, judge({ ...positive, not: true }, run).outcome]
      expect(outcomes.filter((outcome) => outcome === 'passed').length).toBeLessThanOrEqual(1)
    }),
  )
})

it('a check means the same after a trip through JSON', () => {
  fc.assert(
    fc.property(runs, check, (run, original) => {
      expect(judge(JSON.parse(JSON.stringify(original)), run)).toEqual(judge(original, run))
    }),
  )
})

it('order is what trying every choice of executions finds', () => {
  fc.assert(
    fc.property(complete, names, fc.boolean(), (run, order, strict) => {
      const { outcome } = judge({ type: 'execution.order', of: 'steps', names: order, strict }, run)
      const follows = strict ? endsBefore : startsBefore
      if (hasOrder(order, run.steps, follows)) expect(outcome).toBe('passed')
      else expect(outcome).not.toBe('passed')
      if (!hasOrder(order, run.steps, strict ? nearlyEndsBefore : mayStartBefore))
        expect(outcome).toBe('failed')
    }),
    { numRuns: 500 },
  )
})

type Follows = (last: StepRecord, next: StepRecord) => boolean

function hasOrder(
  order: readonly string[],
  steps: readonly StepRecord[],
  follows: Follows,
  last?: StepRecord,
): boolean {
  const [first, ...rest] = order
  if (first === undefined) return true
  return steps.some(
    (step) =>
      step.name === first &&
      (last === undefined || (step !== last && follows(last, step))) &&
      hasOrder(rest, steps, follows, step),
  )
}

const startsBefore: Follows = (last, next) => last.startNs < next.startNs
const mayStartBefore: Follows = (last, next) => last.startNs <= next.startNs
const endsBefore: Follows = (last, next) =>
  last.status !== 'running' && last.startNs < next.startNs && last.startNs + last.durationNs <= next.startNs
const nearlyEndsBefore: Follows = (last, next) =>
  last.status !== 'running' && last.startNs + last.durationNs < next.startNs + 1e6

it('what an incomplete run decides stays so, whatever steps come after', () => {
  fc.assert(
    fc.property(runs, fc.array(step, { maxLength: 3 }), check, (run, later, any) => {
      fc.pre(!any.type.startsWith('run.') && run.steps.every(({ status: now }) => now !== 'running'))
      const before = judge(any, { ...run, incomplete: true }).outcome
      fc.pre(before !== 'unverifiable')
      const more = toRun({ steps: later.map((item) => ({ ...item, start: item.start + 20 })) }).steps.map(
        (of) => ({
          ...of,
          occurrence: of.occurrence + run.steps.filter(({ name }) => name === of.name).length,
        }),
      )
      const after = judge(any, { ...run, incomplete: false, steps: [...run.steps, ...more] }).outcome
      expect(after).toBe(before)
    }),
    { numRuns: 500 },
  )
})

it('what is decided although spans of steps were lost would be said of all of them, too', () => {
  const kept = fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(kept, status, check, fc.boolean(), (all, status, positive, not) => {
      const steps = all.flatMap(([one, isKept]) => (isKept ? [one] : []))
      const lostSteps = all.length - steps.length
      fc.pre(lostSteps > 0)
      const asserted = { ...positive, not }
      const { outcome } = judge(asserted, toRun({ status, steps, lostSteps }))
      fc.pre(outcome !== 'unverifiable')
      expect(judge(asserted, toRun({ status, steps: all.map(([one]) => one) })).outcome).toBe(outcome)
    }),
    { numRuns: 3_000 },
  )
})

const call = fc.record({
  name,
  status,
  start: fc.integer({ min: 0, max: 20 }),
  duration: fc.integer({ min: 0, max: 10 }),
})
const toolCheck = fc.oneof(
  fc
    .tuple(name, fc.nat(2), fc.nat(2))
    .map(([tool, low, more]) => toolChecks.toHaveBeenCalled(tool, { atLeast: low, atMost: low + more })),
  name.map((tool) => toolChecks.toHaveSucceeded(tool)),
  fc.tuple(name, name).map(([first, second]) => toolChecks.toHaveOrder(first, second)),
  fc.array(name, { maxLength: 4 }).map((list) => toolChecks.toHaveTrajectory(list)),
  name.map((tool) => toolChecks.toHaveFinishedWithin(tool, 5)),
  fc.tuple(name, status).map(([tool, wanted]) => toolChecks.toHaveStatus(tool, wanted)),
)

it('a step around a tool changes no verdict about the tool', () => {
  const sketches = fc.record({
    tools: fc.array(call, { minLength: 1, maxLength: 5 }),
    steps: fc.array(step, { maxLength: 3 }),
    incomplete: fc.boolean(),
    status,
  })
  fc.assert(
    fc.property(sketches, fc.nat(), toolCheck, fc.boolean(), ({ tools, ...sketch }, which, positive, not) => {
      const check = { ...positive, not }
      const around = tools[which % tools.length]!
      const wrapped = tools.map((tool) => (tool === around ? { ...tool, step: 'around' } : tool))
      const step = { name: 'around', start: around.start, duration: around.duration }
      const before = toRun({ ...sketch, tools })
      const after = toRun({ ...sketch, steps: [...sketch.steps, step], tools: wrapped })
      expect(after.calls.filter((call) => call.step !== -1)).toHaveLength(1)
      expect(judge(check, after)).toEqual(judge(check, before))
    }),
    { numRuns: 500 },
  )
})

it('calls have the verdicts that steps of the same names and times have', () => {
  fc.assert(
    fc.property(
      fc.array(call, { minLength: 1, maxLength: 5 }),
      toolCheck,
      fc.boolean(),
      (calls, positive, not) => {
        const ofTools = { ...positive, not }
        const ofSteps = { ...ofTools, of: 'steps' as const }
        expect(judge(ofTools, toRun({ tools: calls })).outcome).toBe(
          judge(ofSteps, toRun({ steps: calls })).outcome,
        )
      },
    ),
    { numRuns: 500 },
  )
})

const oddText = fc.string({
  unit: fc.constantFrom('a', '"', '[', '{', '\\', '😀', '\ud83d', '\u0000'),
  maxLength: 400,
})
const output = fc.oneof(
  oddText,
  fc.json(),
  fc.nat(20_000).map((levels) => '['.repeat(levels) + ']'.repeat(levels)),
  fc.nat(3_000).map((levels) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`),
)
const recursive = {
  $ref: '#/$defs/list',
  $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } },
}
/** As a check takes values: integers beyond 2^53 are bigints. */
const plain = fc.oneof(
  oddText,
  fc.json().map((text) => parseExact(text)),
)
const outputCheck = fc.oneof(
  plain.map((value) => runChecks.toHaveOutputEqual(value)),
  plain.map((value) => runChecks.toHaveOutputContaining(value)),
  fc.constantFrom({ type: 'object' }, recursive).map((schema) => runChecks.toHaveOutputMatching(schema)),
)

it('no output keeps a check from judging, and reasons are cut between characters', () => {
  fc.assert(
    fc.property(output, outputCheck, (recorded, positive) => {
      for (const check of [positive, { ...positive, not: true }]) {
        const { reason } = judge(check, toRun({ output: recorded }))
        expect(reason).not.toMatch(/^Could not be judged/)
        expect(reason.length).toBeLessThanOrEqual(4_003)
        // JSON text writes half an emoji as an escape.
        expect(reason.isWellFormed()).toBe(true)
      }
    }),
  )
})

it('what is nested too deep is unverifiable, and so is what a check cannot cope with', () => {
  const nested = (levels: number, inner = '') =>
    toRun({ output: `${'['.repeat(levels)}${inner}${']'.repeat(levels)}` })
  const check = runChecks.toHaveOutputEqual([1])
  for (const inner of ['', '1', '9007199254740993']) {
    expect([500, 501, 100_000].map((levels) => judge(check, nested(levels, inner)).outcome)).toEqual([
      'failed',
      'unverifiable',
      'unverifiable',
    ])
  }
  const broken = { ...nested(1), steps: undefined as never }
  expect(judge(stepChecks.not.toHaveRun('a'), broken)).toEqual({
    outcome: 'unverifiable',
    reason: expect.stringMatching(/^Could not be judged: .*undefined/),
  })
})
