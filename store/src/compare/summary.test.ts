import { expect, test } from 'vitest'
import type { MetricComparison, Verdict } from './comparison.ts'
import type { Metric } from './judge.ts'
import { summarise } from './summary.ts'

const LABELS = { base: 'version 1', candidate: 'version 2' }
const STATS = { n: 50, succeeded: 50, p50Ns: 1e8, p95Ns: 1e8, p99Ns: 1e8 }

function metric(name: Metric, verdict: Verdict, more: Partial<MetricComparison> = {}): MetricComparison {
  const untested = verdict.startsWith('needs')
  return {
    ...{ metric: name, baseN: 50, candidateN: 50, cases: null, effective: null, needs: 30 },
    ...{ base: 0.9, candidate: 0.5, verdict },
    effect: untested ? null : { value: 0.5, low: 0.4, high: 0.6 },
    p: untested ? null : 0.001,
    q: untested ? null : 0.001,
    ...more,
  }
}

function summary(metrics: readonly MetricComparison[], cases?: number) {
  const [success, duration, p95] = metrics as [MetricComparison, MetricComparison, MetricComparison]
  const p99 = metric('p99', 'needs n >= 1000')
  const run = { step: null, base: STATS, candidate: STATS, metrics: { success, duration, p95, p99 } }
  const none = { total: 0, ids: [] }
  const pairing = cases === undefined ? null : { cases, added: none, removed: none }
  return summarise(LABELS, { run, steps: [], caseMetrics: [], pairing })
}

const same = 'no clear change'

test('what was not tested for want of cases is no "no clear change"', () => {
  const few = { cases: 5, needs: 6 }
  const metrics = [
    metric('success', 'needs n >= 6', few),
    metric('duration', 'needs n >= 6', few),
    metric('p95', same),
  ]
  expect(summary(metrics, 5)).toEqual({
    verdict: 'needs more runs',
    sentence:
      'Too few cases of version 2 against version 1 (paired, 5 cases) to tell (50 and 50 runs): success (needs n >= 6), duration (needs n >= 6).',
  })
})

test('nor what was not tested for want of independent runs, even if something else improved', () => {
  const dependent = metric('success', 'needs n >= 900', { effective: [50, 3], needs: 900 })
  expect(summary([dependent, metric('duration', 'faster'), metric('p95', same)])).toEqual({
    verdict: 'needs more runs',
    sentence: expect.stringMatching(
      /^Too few independent runs of version 2 against version 1 to tell \(50 and 50 runs\): success \(needs n >= 900\)\. Improved: the whole run is faster/,
    ),
  })
})

test('a regression is one, whatever could not be tested', () => {
  const dependent = metric('success', 'needs n >= 900', { effective: [50, 3], needs: 900 })
  expect(summary([dependent, metric('duration', 'slower'), metric('p95', same)]).verdict).toBe('regression')
})

test('tails that have too few runs leave the verdict to the rest', () => {
  const metrics = [metric('success', same), metric('duration', same), metric('p95', 'needs n >= 200')]
  expect(summary(metrics)).toEqual({
    verdict: 'no clear change',
    sentence:
      'No clear change of version 2 against version 1 (50 and 50 runs). Too few runs to test: p95 (needs n >= 200), p99 (needs n >= 1000).',
  })
})
