import type { Comparison, MetricComparison, StepComparison, Verdict } from '@weir/store/compare'
import { expect, test } from 'vitest'
import { formatComparison } from './format-comparison.ts'

function metric(
  name: MetricComparison['metric'],
  base: number,
  candidate: number,
  verdict: Verdict,
): MetricComparison {
  const effect = { value: candidate / base, low: candidate / base - 0.1, high: candidate / base + 0.1 }
  const counted = { baseN: 300, candidateN: 310, cases: null, effective: null, needs: 30 }
  return { metric: name, ...counted, base, candidate, effect, p: 0.01, q: 0.02, verdict }
}

function step(
  name: string | null,
  duration: [number, number, Verdict],
  success: [number, number, Verdict],
): StepComparison {
  const stats = { n: 300, succeeded: 290, p50Ns: 1, p95Ns: 1, p99Ns: 1 }
  return {
    step: name,
    base: stats,
    candidate: { ...stats, n: 310 },
    metrics: {
      success: metric('success', ...success),
      duration: metric('duration', ...duration),
      p95: metric('p95', duration[0] * 2, duration[1] * 2, duration[2]),
      p99: {
        ...metric('p99', 1, 1, 'needs n >= 1000'),
        effect: null,
        p: null,
        q: null,
        base: null,
        candidate: null,
      },
    },
  }
}

const comparison: Comparison = {
  flow: 'research',
  base: {
    label: 'version 1',
    scope: 'production runs, version "1"',
    side: 'version=1',
    runs: 300,
    unfinished: 1,
    total: 302,
  },
  candidate: {
    label: 'version 2',
    scope: 'production runs, version "2"',
    side: 'version=2',
    runs: 310,
    unfinished: 0,
    total: 310,
  },
  verdict: 'regression',
  sentence: 'Regression of version 2 against version 1.',
  run: step(null, [2e9, 3e9, 'slower'], [0.99, 0.9, 'worse']),
  steps: [
    step('plan', [3e8, 3.1e8, 'no clear change'], [1, 1, 'no clear change']),
    step('cite', [4.5e7, 4.4e7, 'no clear change'], [0.99, 0.9, 'worse']),
  ],
  anytime: false,
  adjusted: null,
  pairing: null,
  caseMetrics: [],
  added: [{ step: 'review', n: 12, runs: 310 }],
  removed: [],
  notes: [{ kind: 'growing', text: 'version 2 is still growing.' }],
  tests: 9,
}

test('a row per step with its verdict, the whole run last, then the sentence and what a reader must know', () => {
  expect(formatComparison(comparison).join('\n')).toMatchInlineSnapshot(`
    "research: version 2 (310 of 310 runs ended) against version 1 (300 of 302)

      step       n (runs)   success          median             ratio (95% interval)    p95                verdict
      plan       300 → 310  100.0% → 100.0%  300 ms → 310 ms    1.03x (0.93x to 1.13x)  600 ms → 620 ms    no clear change
      cite       300 → 310  99.0% → 90.0%    45.0 ms → 44.0 ms  0.98x (0.88x to 1.08x)  90.0 ms → 88.0 ms  worse (success)
      whole run  300 → 310  99.0% → 90.0%    2000 ms → 3000 ms  1.50x (1.40x to 1.60x)  4000 ms → 6000 ms  worse (success), slower (duration), slower (p95)
      only in the candidate: review (12 of 310 runs)

    Regression of version 2 against version 1.
    note: version 2 is still growing."
  `)
})

test('two experiments: how many cases are paired, and pass rate, cost and scores with their intervals', () => {
  const counted = { baseN: 40, candidateN: 40, cases: 40, effective: null, needs: 6, p: 0.01, q: 0.02 }
  const interval = (value: number) => ({ low: value - 0.1, high: value + 0.05 })
  const share = (kind: 'pass rate' | 'score', name: string, base: number, candidate: number) => ({
    ...counted,
    kind,
    name,
    base,
    candidate,
    effect: { value: candidate - base, ...interval(candidate - base) },
    baseInterval: interval(base),
    candidateInterval: interval(candidate),
    verdict: 'worse' as const,
  })
  const cost = {
    ...share('score', '', 0.01, 0.0123),
    kind: 'cost' as const,
    effect: { value: 1.23, low: 1.1, high: 1.4 },
    baseInterval: null,
    candidateInterval: null,
  }
  const few = { ...share('score', 'new', 0.5, 0.5), effect: null, verdict: 'needs n >= 6' as const, cases: 3 }
  const lines = formatComparison({
    ...comparison,
    pairing: { cases: 40, added: { total: 2, ids: ['x', 'y'] }, removed: { total: 0, ids: [] } },
    caseMetrics: [share('pass rate', '', 0.9, 0.8), cost, share('score', 'quality', 0.91, 0.86), few],
  })
  expect(lines.slice(1, 8).join('\n')).toMatchInlineSnapshot(`
    "paired, 40 cases, 2 only in the candidate

      per case       cases  base (95% interval)     candidate (95% interval)  change                  verdict
      pass rate      40     90.0% (80.0% to 95.0%)  80.0% (70.0% to 85.0%)    -10.0 (-20.0 to -5.0)   worse
      cost           40     $0.0100                 $0.0123                   1.23x (1.10x to 1.40x)  worse
      score quality  40     0.910 (0.810 to 0.960)  0.860 (0.760 to 0.910)    -5.0 (-15.0 to -0.0)    worse
      score new      3      0.500 (0.400 to 0.550)  0.500 (0.400 to 0.550)    -                       needs n >= 6"
  `)
})
