import type { Interval } from '../statistics/interval.ts'
import type { Metric } from './judge.ts'
import type { SideStats } from './side-queries.ts'

/** What a comparison says of one metric. `needs n >= ...` names the fewest runs per side for a test. */
export type Verdict =
  | 'slower'
  | 'faster'
  | 'worse'
  | 'better'
  | 'no clear change'
  | `needs n >= ${number}`
  | 'not compared'

/** An estimate with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** What was tested, before the correction for the number of tests. */
export interface Tested {
  /** Runs that count: all that ended for rates, the successful ones for durations. */
  readonly baseN: number
  readonly candidateN: number
  /** Cases of both experiments that were compared with themselves; `null`: the runs were compared without pairing. */
  readonly cases: number | null
  /** How many independent runs the base and the candidate are worth; `null`: all, or cases are compared. */
  readonly effective: readonly [base: number, candidate: number] | null
  /** Fewest runs per side, or shared cases, on which it is tested. Runs that depend on each other raise it. */
  readonly needs: number
  /** A rate or score 0..1, nanoseconds (the median for `duration`) or US dollars; `null` without a run. */
  readonly base: number | null
  readonly candidate: number | null
  /** Rates and scores: candidate minus base. Durations and cost: candidate / base. `null`: too few runs or cases. */
  readonly effect: Estimate | null
  /** Two-sided. `null`: not tested, too few runs or cases. */
  readonly p: number | null
  /** Present where it is not compared, however many runs there are. */
  readonly isLeftOut?: true
}

/** A metric of a step before the correction for the number of tests. */
export interface TestedMetric extends Tested {
  readonly metric: Metric
}

interface Judgement {
  /** p adjusted for all tests of this comparison (Benjamini-Hochberg). */
  readonly q: number | null
  readonly verdict: Verdict
}

export type MetricComparison = TestedMetric & Judgement

/** What an experiment says of its cases, besides their durations. */
export type CaseMetricKind = 'pass rate' | 'score' | 'cost'

/** A metric of two experiments' trials before the correction for the number of tests. `base` and `candidate` are means over cases. */
export interface TestedCaseMetric extends Tested {
  readonly kind: CaseMetricKind
  /** The scorer's name; '' for the others. */
  readonly name: string
  /** Of `base`, 95 %; `null` for cost. */
  readonly baseInterval: Interval | null
  readonly candidateInterval: Interval | null
}

export type CaseMetricComparison = TestedCaseMetric & Judgement

/** Cases that only one of two experiments has. */
export interface LoneCases {
  readonly total: number
  /** The first of them by id. */
  readonly ids: readonly string[]
}

/** Two experiments that share cases: only these are compared. */
export interface Pairing {
  readonly cases: number
  readonly added: LoneCases
  readonly removed: LoneCases
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
  readonly kind:
    | 'empty'
    | 'sampled'
    | 'sliced'
    | 'growing'
    | 'overlap'
    | 'unfinished'
    | 'truncated'
    | 'cases'
    | 'dataset'
    | 'dependent'
    | 'failing'
    | 'mix'
    | 'adjusted'
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
  /** Whether the verdicts hold however often one looks while runs arrive. */
  readonly anytime: boolean
  /** What it is adjusted for; null: nothing. */
  readonly adjusted: string | null
  /** Null where runs are compared without pairing: production runs, or experiments that share no case. */
  readonly pairing: Pairing | null
  /** Pass rate, cost and scores of two experiments that share cases; else empty. */
  readonly caseMetrics: readonly CaseMetricComparison[]
  /** In the order in which they start. */
  readonly steps: readonly StepComparison[]
  readonly added: readonly LoneStep[]
  readonly removed: readonly LoneStep[]
  readonly notes: readonly Note[]
  /** How many tests q accounts for. */
  readonly tests: number
}
