import { grouped } from '../text/grouped.ts'
import type {
  CaseMetricComparison,
  Comparison,
  MetricComparison,
  OverallVerdict,
  StepComparison,
} from './comparison.ts'
import { COMPARISON_RULE } from './judge.ts'
import { countCases } from './pair-cases.ts'

const BAD = new Set<string>(['slower', 'worse'])
const GOOD = new Set<string>(['faster', 'better'])

/** The verdict over everything, and the sentence that says which step changed and how sure that is. */
export function summarise(
  labels: { readonly base: string; readonly candidate: string },
  compared: Pick<Comparison, 'run' | 'steps' | 'caseMetrics' | 'pairing'>,
): { verdict: OverallVerdict; sentence: string } {
  const { run, steps, caseMetrics, pairing } = compared
  const bad = changes(compared, BAD)
  const good = changes(compared, GOOD)
  const paired = pairing === null ? '' : ` (paired, ${countCases(pairing.cases)})`
  const between = `${labels.candidate} against ${labels.base}${paired}`
  const improved = good.length > 0 ? ` Improved: ${list(good)}.` : ''
  if (bad.length > 0) {
    return { verdict: 'regression', sentence: `Regression of ${between}: ${list(bad)}.${improved}` }
  }
  if (run.base.n === 0 || run.candidate.n === 0) {
    const empty = run.base.n === 0 ? labels.base : labels.candidate
    return {
      verdict: 'needs more runs',
      sentence: `Nothing to compare: no finished run of ${empty} was found.`,
    }
  }
  const counts = `${grouped(run.candidate.n)} and ${grouped(run.base.n)} runs`
  const held = [run.metrics.success, run.metrics.duration].filter(isHeldBack)
  if (held.length > 0)
    return {
      verdict: 'needs more runs',
      sentence: `Too few ${pairing === null ? 'independent runs' : 'cases'} of ${between} to tell (${counts}): ${held.map(describeNeed).join(', ')}.${improved}`,
    }
  if (good.length > 0)
    return { verdict: 'improvement', sentence: `Improvement of ${between}: ${list(good)}.` }
  const tests = [...[run, ...steps].flatMap(({ metrics }) => Object.values(metrics)), ...caseMetrics].filter(
    ({ p }) => p !== null,
  )
  if (tests.length === 0)
    return {
      verdict: 'needs more runs',
      sentence: `Too few runs of ${between} to tell (${counts}): at least ${pairing === null ? `${COMPARISON_RULE.minimum.success} per side` : `${COMPARISON_RULE.minimumCases} shared cases`} are needed.`,
    }
  const tails = Object.values(run.metrics).filter(({ p, isLeftOut }) => p === null && !isLeftOut)
  const untested = tails.length > 0 ? ` Too few runs to test: ${tails.map(describeNeed).join(', ')}.` : ''
  return { verdict: 'no clear change', sentence: `No clear change of ${between} (${counts}).${untested}` }
}

/** Not tested although there are runs enough: they depend on each other, or are of too few cases. What was not tested is never "no change". */
function isHeldBack({ p, cases, effective }: MetricComparison): boolean {
  return p === null && (cases !== null || effective !== null)
}

function describeNeed({ metric, verdict }: MetricComparison): string {
  return `${metric} (${verdict})`
}

/** Pass rate, cost and scores first; then one phrase per step that changed; the whole run last, for its steps explain it. */
function changes(
  { run, steps, caseMetrics }: Pick<Comparison, 'run' | 'steps' | 'caseMetrics'>,
  words: Set<string>,
): string[] {
  const ofCases = caseMetrics.filter(({ verdict }) => words.has(verdict)).map(casePhrase)
  return [...ofCases, ...[...steps, run].flatMap((step) => stepPhrases(step, words))]
}

function stepPhrases({ step, metrics }: StepComparison, words: Set<string>): string[] {
  const { success, duration, p95, p99 } = metrics
  const speed = [duration, p95, p99].find(({ verdict }) => words.has(verdict))
  const phrases = [success, speed].filter((one) => one !== undefined && words.has(one.verdict))
  if (phrases.length === 0) return []
  const subject = step === null ? 'the whole run' : `step "${step}"`
  return [`${subject} ${phrases.map((one) => phrase(one!)).join(' and ')}`]
}

function casePhrase({ kind, name, base, candidate, effect, q, verdict }: CaseMetricComparison): string {
  const { value, low, high } = effect!
  if (kind === 'cost')
    return `the cost per trial is ${verdict}: ${value.toFixed(2)} times as much (95% interval ${low.toFixed(2)} to ${high.toFixed(2)}, ${sure(q!)})`
  const interval = `(95% interval of the difference ${points(low)} to ${points(high)} points, ${sure(q!)})`
  if (kind === 'pass rate')
    return `the pass rate is ${percent(candidate!)} instead of ${percent(base!)} ${interval}`
  return `score "${name}" is ${verdict}: ${candidate!.toFixed(3)} instead of ${base!.toFixed(3)} ${interval}`
}

function phrase(one: MetricComparison): string {
  const effect = one.effect!
  if (one.metric === 'success')
    return `succeeds in ${percent(one.candidate!)} instead of ${percent(one.base!)} of its runs (95% interval of the difference ${points(effect.low)} to ${points(effect.high)} points, ${sure(one.q!)})`
  const what = one.metric === 'duration' ? '' : ` at ${one.metric}`
  return `is ${one.verdict}${what}: ${effect.value.toFixed(2)} times the duration (95% interval ${effect.low.toFixed(2)} to ${effect.high.toFixed(2)}, ${sure(one.q!)})`
}

function sure(q: number): string {
  return q < 0.001 ? 'q < 0.001' : `q = ${q.toFixed(3)}`
}

function points(difference: number): string {
  return `${difference > 0 ? '+' : ''}${(difference * 100).toFixed(1)}`
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(1)}%`
}

function list(phrases: readonly string[]): string {
  return phrases.join('; ')
}
