import type { Metric } from './judge.ts'
import type { SideStats } from './side-queries.ts'

/** What a comparison says of one metric. `needs n >= ...` names the fewest runs per side for a test. */
export type Verdict = 'slower' | 'faster' | 'worse' | 'better' | 'no clear change' | `needs n >= ${number}`

/** An estimate with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** A metric before the correction for the number of tests. */
export interface TestedMetric {
  readonly metric: Metric
  /** Runs that count for this metric: all that ended for `success`, the successful ones for durations. */
  readonly baseN: number
  readonly candidateN: number
  /** A rate 0..1 for `success`, else nanoseconds (the median for `duration`); `null` without a run. */
  readonly base: number | null
  readonly candidate: number | null
  /** `success`: candidate minus base. Durations: candidate / base. `null`: too few runs. */
  readonly effect: Estimate | null
  /** Two-sided. `null`: not tested, too few runs. */
  readonly p: number | null
}

export interface MetricComparison extends TestedMetric {
  /** p adjusted for all tests of this comparison (Benjamini-Hochberg). */
  readonly q: number | null
  readonly verdict: Verdict
}

/** One step, or the whole run, on both sides. */
export interface StepComparison {
  /** The step's name; `null`: the whole run. */
  readonly step: string | null
  readonly base: SideStats
  readonly candidate: SideStats
  readonly metrics: Readonly<Record<Metric, MetricComparison>>
}

/** A step that only one side has. */
export interface LoneStep {
  readonly step: string
  /** Runs that have it, of `runs` on that side. */
  readonly n: number
  readonly runs: number
}

/** What a reader must know before trusting the comparison. */
export interface Note {
  readonly kind: 'empty' | 'sampled' | 'sliced' | 'growing' | 'overlap' | 'unfinished' | 'truncated'
  readonly text: string
}

export interface ComparedSide {
  /** In words: "version 2". */
  readonly label: string
  /** As `parseSide` reads it. */
  readonly side: string
  /** Every condition in words: source, version, window and so on. */
  readonly scope: string
  /** Runs that ended with status ok, error or expired: those that are compared. */
  readonly runs: number
  readonly unfinished: number
  /** All runs of the side, as other pages count them. */
  readonly total: number
}

/** `regression`: something got slower or worse, whatever else got better. */
export type OverallVerdict = 'regression' | 'improvement' | 'no clear change' | 'needs more runs'

export interface Comparison {
  readonly flow: string
  readonly base: ComparedSide
  readonly candidate: ComparedSide
  readonly verdict: OverallVerdict
  /** What changed and how sure, in one or two sentences. */
  readonly sentence: string
  readonly run: StepComparison
  /** In the order in which they start. */
  readonly steps: readonly StepComparison[]
  readonly added: readonly LoneStep[]
  readonly removed: readonly LoneStep[]
  readonly notes: readonly Note[]
  /** How many tests q accounts for. */
  readonly tests: number
}
