import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assembleRuns } from './assemble-runs.ts'
import { placeSpans } from './place-spans.ts'
import type { Run, Usage } from './run.ts'
import { type SpanFacts, STEP_ROLES } from './span-facts.ts'
import { SPAN } from './testing.ts'

const NOW_MS = 1_000_000
const KINDS = ['flow', 'step', 'step', 'attempt', 'model', 'tool', 'agent', 'span'] as const
const measure = fc.constantFrom(0, 0, 1, 2, 5)
const rarely = (value: string) => fc.constantFrom('', '', '', '', '', value)

/** One of few spans: names, parents and times repeat, so that loops, tries, nested runs and cycles occur. */
const factsOf = (parents: number): fc.Arbitrary<SpanFacts> =>
  fc
    .record({
      id: fc.nat({ max: 11 }),
      parent: fc.integer({ min: -2, max: parents }),
      startMs: fc.nat({ max: 20 }),
      ms: fc.option(fc.integer({ min: -2, max: 20 }), { freq: 8 }),
      facts: fc.record({
        traceId: fc.constantFrom('t', 't', 'u'),
        isParentRemote: fc.constantFrom(undefined, undefined, true, false),
        isServer: fc.boolean(),
        name: fc.constantFrom('a', 'b', 'c'),
        kind: fc.constantFrom(...KINDS),
        flow: rarely('told'),
        runId: fc.constantFrom('', '', '', '', 'x', 't'),
        parentRunId: rarely('p'),
        status: fc.constantFrom('ok', 'ok', 'error', 'suspended'),
        version: rarely('1'),
        sessionId: rarely('s'),
        userId: rarely('u'),
        metadata: rarely('{}'),
        experimentId: rarely('e'),
        trial: fc.nat({ max: 1 }),
        stepIndex: fc.constantFrom(-1, -1, -1, 0),
        stepAttempts: fc.constantFrom(0, 0, 0, 2),
        stepFallback: fc.boolean(),
        stepRole: fc.constantFrom('', '', '', ...STEP_ROLES),
        model: fc.constantFrom('', 'm', 'n'),
        inputTokens: measure,
        outputTokens: measure,
        cachedInputTokens: measure,
        reasoningTokens: measure,
        cost: measure,
        isCostEstimated: fc.boolean(),
        isCostUnknown: fc.constant(false),
        errorType: rarely('E'),
        receivedMs: fc.constantFrom(0, NOW_MS - 700_000, NOW_MS, NOW_MS + 20_000),
      }),
    })
    .map(({ id, parent, startMs, ms, facts }) => {
      const startNs = SPAN.startNs + BigInt(startMs) * 1_000_000n
      const endNs = ms === null ? 0n : startNs + BigInt(ms) * 1_000_000n
      return {
        ...SPAN,
        ...facts,
        spanId: `s${id}`,
        parentSpanId: parent < 0 ? '' : `s${parent}`,
        startNs,
        endNs,
        ...(ms === null ? { status: 'running' } : {}),
      }
    })

const idOf = ({ traceId, spanId }: SpanFacts) => `${traceId}/${spanId}`
const records = fc.array(factsOf(12), { maxLength: 16 })
const forest = fc.uniqueArray(factsOf(12), { maxLength: 16, selector: idOf })

const assemble = (spans: readonly SpanFacts[]): Run[] => assembleRuns(spans, NOW_MS)

test('neither the order of records nor records that come twice change anything', () => {
  const shuffled = records.chain((spans) => {
    const again = spans.flatMap((span) => [span, { ...span }])
    return fc.tuple(
      fc.constant(spans),
      fc.shuffledSubarray(again, { minLength: again.length, maxLength: again.length }),
    )
  })
  fc.assert(
    fc.property(shuffled, ([spans, again]) => {
      expect(assemble(again)).toEqual(assemble(spans))
    }),
    { numRuns: 1000 },
  )
})

test('a record of a start changes nothing once that of the end is there', () => {
  fc.assert(
    fc.property(forest, ([...spans]) => {
      const starts = spans.map((span) => ({
        ...span,
        status: 'running',
        endNs: 0n,
        inputTokens: 0,
        model: '',
      }))
      const ended = spans.filter(({ endNs }) => endNs !== 0n)
      expect(assemble([...starts, ...ended])).toEqual(assemble([...ended, ...starts]))
      const open = starts.filter((_, index) => spans[index]!.endNs === 0n)
      expect(assemble([...starts, ...ended])).toEqual(assemble([...open, ...ended]))
    }),
  )
})

test('every span is in exactly one run, cycles of parents included', () => {
  fc.assert(
    fc.property(forest, (spans) => {
      const placed = placeSpans(spans)
      expect(placed.map(({ facts }) => idOf(facts)).sort()).toEqual(spans.map(idOf).sort())
      expect(assemble(spans).reduce((sum, { spanCount }) => sum + spanCount, 0)).toBe(spans.length)
    }),
    { numRuns: 1000 },
  )
})

test('parents come before their children', () => {
  fc.assert(
    fc.property(forest, (spans) => {
      const seen = new Set<unknown>([undefined])
      for (const span of placeSpans(spans)) {
        expect(seen).toContain(span.parent)
        seen.add(span)
      }
    }),
  )
})

test('no step is around itself', () => {
  fc.assert(
    fc.property(forest, (spans) => {
      for (const { steps } of assemble(spans)) {
        for (const step of steps) {
          let above = 0
          for (let at = step.parent; at >= 0 && above <= steps.length; at = steps[at]!.parent) above++
          expect(above).toBeLessThan(steps.length)
        }
      }
    }),
  )
})

const MEASURES = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'reasoningTokens', 'cost'] as const
const total = (of: readonly Pick<Usage, (typeof MEASURES)[number]>[], measure: (typeof MEASURES)[number]) =>
  of.reduce((sum, usage) => sum + usage[measure], 0)

test('what counts was said: no measure exceeds what spans said, and none that any said is lost', () => {
  fc.assert(
    fc.property(forest, (spans) => {
      const runs = assemble(spans)
      for (const measure of MEASURES) {
        const [said, counted] = [total(spans, measure), total(runs, measure)]
        expect(counted).toBeLessThanOrEqual(said)
        expect(counted > 0).toBe(said > 0)
      }
    }),
    { numRuns: 1000 },
  )
})

test('tokens without a price are counted tokens, and without any price they are all of them', () => {
  fc.assert(
    fc.property(forest, fc.infiniteStream(fc.boolean()), (spans, unknown) => {
      const mixed = spans.map((span) => {
        const isCostUnknown = unknown.next().value === true
        return { ...span, isCostUnknown, cost: isCostUnknown ? 0 : span.cost }
      })
      for (const { unpricedTokens, inputTokens, outputTokens } of assemble(mixed))
        expect(unpricedTokens).toBeLessThanOrEqual(inputTokens + outputTokens)
      const none = spans.map((span) => ({ ...span, isCostUnknown: true, cost: 0 }))
      for (const { unpricedTokens, inputTokens, outputTokens } of assemble(none))
        expect(unpricedTokens).toBe(inputTokens + outputTokens)
    }),
    { numRuns: 500 },
  )
})

test('without tools, each measure counts at most once on the way from a span up to its root', () => {
  fc.assert(
    fc.property(forest, (spans) => {
      const placed = placeSpans(
        spans.map((span) => (span.kind === 'tool' ? { ...span, kind: 'span' } : span)),
      )
      for (const measure of MEASURES) {
        for (const span of placed) {
          let counts = 0
          for (let at: typeof span | undefined = span; at !== undefined; at = at.parent)
            counts += Number(at.counted[measure] > 0)
          expect(counts).toBeLessThanOrEqual(1)
        }
      }
    }),
  )
})

test('the usage of a run is that of its steps and of what is in none', () => {
  fc.assert(
    fc.property(forest, (spans) => {
      const placed = placeSpans(spans)
      for (const run of assemble(spans)) {
        const members = placed.filter(({ runId }) => runId === run.runId)
        const counted = members.map(({ counted }) => counted)
        for (const measure of MEASURES) {
          expect(run[measure]).toBe(total(counted, measure))
          expect(
            total(
              run.steps.map(({ usage }) => usage),
              measure,
            ),
          ).toBeLessThanOrEqual(run[measure])
          expect(total(run.models, measure)).toBeLessThanOrEqual(run[measure])
        }
      }
    }),
  )
})

test('a step put around any tool changes nothing that is said about calls', () => {
  const callsOf = (spans: readonly SpanFacts[]) =>
    assemble(spans).map(({ runId, calls }) => [runId, calls.map(({ step, span, ...call }) => call)])
  fc.assert(
    fc.property(forest, (spans) => {
      const tools = spans.filter(({ kind, runId }) => kind === 'tool' && runId === '')
      fc.pre(tools.length > 0)
      const wrapped = spans.flatMap((span) => {
        if (!tools.includes(span)) return [span]
        const step = {
          ...SPAN,
          ...within(span),
          kind: 'step',
          name: 'around',
          spanId: `${span.spanId}+`,
        }
        return [step, { ...span, parentSpanId: step.spanId, isParentRemote: undefined, isServer: false }]
      })
      expect(callsOf(wrapped)).toEqual(callsOf(spans))
    }),
    { numRuns: 1000 },
  )
})

/** What a span around another one in the same process has of it. */
function within(span: SpanFacts): Partial<SpanFacts> {
  const { traceId, parentSpanId, isParentRemote, isServer, startNs, endNs, status, receivedMs } = span
  return { traceId, parentSpanId, isParentRemote, isServer, startNs, endNs, status, receivedMs }
}

test('an execution has the tries, steps and calls the times and indexes that they may have', () => {
  fc.assert(
    fc.property(forest, (spans) => {
      for (const { steps, calls, durationNs } of assemble(spans)) {
        expect(durationNs).toBeGreaterThanOrEqual(0)
        for (const step of steps) {
          expect(step.attempts).toBeGreaterThanOrEqual(1)
          expect(step.durationNs).toBeGreaterThanOrEqual(0)
          expect(step.uncertainNs).toBeGreaterThanOrEqual(Math.max(0, -step.startNs))
          expect(step.parent).toBeLessThan(steps.length)
        }
        for (const { step } of calls) expect(step).toBeLessThan(steps.length)
        for (const list of [steps, calls])
          expect(list.map(({ startNs }) => startNs)).toEqual(
            list.map(({ startNs }) => startNs).toSorted((a, b) => a - b),
          )
      }
    }),
    { numRuns: 1000 },
  )
})
