import type {
  CaseMetricComparison,
  Comparison,
  LoneStep,
  MetricComparison,
  Pairing,
  StepComparison,
} from '@weir/store/compare'
import { formatTable } from '../table.ts'

/** What `weir compare` prints: tables with a row per step, and per metric of cases, the sentence, and what a reader must know. */
export function formatComparison(comparison: Comparison): string[] {
  const { base, candidate, sentence, run, steps, added, removed, notes, pairing, caseMetrics, adjusted } =
    comparison
  return [
    `${comparison.flow}: ${candidate.label} (${candidate.runs} of ${candidate.total} runs ended) against ${base.label} (${base.runs} of ${base.total})`,
    ...(pairing === null ? [] : [describePairing(pairing)]),
    ...(adjusted === null ? [] : [`adjusted for ${adjusted}`]),
    '',
    ...formatCaseMetrics(caseMetrics),
    ...formatTable(
      ['step', 'n (runs)', 'success', 'median', 'ratio (95% interval)', 'p95', 'verdict'],
      [...steps, run].map(toRow),
    ),
    ...added.map((step) => `  only in the candidate: ${lone(step)}`),
    ...removed.map((step) => `  only in the base: ${lone(step)}`),
    '',
    sentence,
    ...notes.map((note) => `note: ${note.text}`),
  ]
}

function describePairing({ cases, added, removed }: Pairing): string {
  const only = (total: number, side: string) => (total === 0 ? '' : `, ${total} only in the ${side}`)
  return `paired, ${cases} ${cases === 1 ? 'case' : 'cases'}${only(added.total, 'candidate')}${only(removed.total, 'base')}`
}

function formatCaseMetrics(metrics: readonly CaseMetricComparison[]): string[] {
  if (metrics.length === 0) return []
  const head = ['per case', 'cases', 'base (95% interval)', 'candidate (95% interval)', 'change', 'verdict']
  return [...formatTable(head, metrics.map(toCaseRow)), '']
}

function toCaseRow(metric: CaseMetricComparison): string[] {
  const { kind, name, cases, base, candidate, baseInterval, candidateInterval, verdict } = metric
  const format = FORMATS[kind]
  const side = (value: number | null, interval: CaseMetricComparison['baseInterval']) =>
    value === null
      ? '-'
      : `${format(value)}${interval === null ? '' : ` (${format(interval.low)} to ${format(interval.high)})`}`
  return [
    name === '' ? kind : `${kind} ${name}`,
    String(cases),
    side(base, baseInterval),
    side(candidate, candidateInterval),
    changeOf(metric),
    verdict,
  ]
}

const FORMATS = {
  'pass rate': percent,
  score: (score: number) => score.toFixed(3),
  cost: (dollars: number) => `$${dollars.toPrecision(3)}`,
} as const

function changeOf({ kind, effect }: CaseMetricComparison): string {
  if (effect === null) return '-'
  const format = kind === 'cost' ? times : points
  return `${format(effect.value)} (${format(effect.low)} to ${format(effect.high)})`
}

function toRow({ step, base, candidate, metrics }: StepComparison): string[] {
  const { success, duration, p95 } = metrics
  return [
    step ?? 'whole run',
    `${base.n} → ${candidate.n}`,
    pair(success, percent),
    pair(duration, milliseconds),
    duration.effect === null
      ? '-'
      : `${times(duration.effect.value)} (${times(duration.effect.low)} to ${times(duration.effect.high)})`,
    pair(p95, milliseconds),
    verdict(metrics),
  ]
}

/** The metrics that changed; else the one word that all share. */
function verdict(metrics: StepComparison['metrics']): string {
  const changed = Object.values(metrics).filter(({ verdict }) =>
    ['slower', 'faster', 'worse', 'better'].includes(verdict),
  )
  if (changed.length === 0) return metrics.duration.p === null ? metrics.duration.verdict : 'no clear change'
  return changed.map(({ metric, verdict }) => `${verdict} (${metric})`).join(', ')
}

function pair({ base, candidate }: MetricComparison, format: (value: number) => string): string {
  const text = (value: number | null) => (value === null ? '-' : format(value))
  return `${text(base)} → ${text(candidate)}`
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(1)}%`
}

/** A difference of rates or scores. */
function points(difference: number): string {
  return `${difference > 0 ? '+' : ''}${(difference * 100).toFixed(1)}`
}

function milliseconds(ns: number): string {
  return `${(ns / 1e6).toFixed(ns < 1e8 ? 1 : 0)} ms`
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)}x`
}

function lone({ step, n, runs }: LoneStep): string {
  return `${step} (${n} of ${runs} runs)`
}
