import type { Case, Result } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import type { ResolvedData } from '../evaluation/cases.ts'
import type { DataSource } from '../evaluation/definition.ts'
import type { Outline } from '../evaluation/outline.ts'
import type { Judgement } from './evaluation-code.ts'
import type { RecordedEnd } from './in-process.ts'
import type { TrialRun, TrialSubject } from './run-trial.ts'

/** What a process that runs the user's code is asked to do. */
export type RunnerTask =
  /** What the file exports; answered with {@link LoadedFile}. */
  | { readonly kind: 'load'; readonly file: string }
  /** Answered with {@link CasesAnswer}. */
  | { readonly kind: 'cases'; readonly file: string; readonly evaluation: string }
  /** Answered with a {@link SentEnd}, or with {@link NOT_BEGUN}. */
  | {
      readonly kind: 'trial'
      readonly file: string
      readonly evaluation: string
      readonly subject: TrialSubject
      /** Whoever asks judges it, by its spans. */
      readonly wantsSpans: boolean
      /** It waits until so few tasks are at work; undefined: it does not wait. */
      readonly concurrency: number | undefined
    }
  /** Answered with {@link SentResult}s. */
  | {
      readonly kind: 'judge'
      readonly file: string
      readonly evaluation: string
      readonly experimentId: string
      readonly item: Case
      readonly trialRun: TrialRun
      readonly run: RunRecord | undefined
    }
  /** Answered with the spans that are missing. */
  | { readonly kind: 'deliver' }

export type RunnerRequest = RunnerTask & { readonly id: number }

export type TrialRequest = Extract<RunnerRequest, { readonly kind: 'trial' }>

/** What is asked in one turn of the event loop travels together, and so do the answers: a message costs more than what is in it. */
export interface RunnerRequests {
  readonly requests: readonly RunnerRequest[]
}

export interface LoadedFile {
  readonly outlines: readonly Outline[]
  /** The file, what it imported and read its cases from; without packages. */
  readonly files: readonly string[]
}

/** A result without what all results of its trial have in common. */
export type SentResult = readonly [
  kind: Result['kind'],
  name: string,
  outcome: Result['outcome'],
  score: number,
  reason: string,
  durationNs: number,
]

/** A trial that waited while another one took too long: nothing new begins in that process. */
export const NOT_BEGUN = 'not begun'

/** How a trial ended, as it travels: with its spans or its judgement where runs are recorded in memory. */
export interface SentEnd extends RecordedEnd {
  readonly judgement?: SentJudgement | undefined
}

interface SentJudgement extends Omit<Judgement, 'results'> {
  readonly sent: readonly SentResult[]
}

/** Results as they travel: most of what a trial says, so they are what a message costs. */
export function toSent(results: readonly Result[]): SentResult[] {
  return results.map(
    ({ kind, name, outcome, score, reason, durationNs }) =>
      [kind, name, outcome, score, reason, durationNs] as const,
  )
}

export function fromSent(
  experimentId: string,
  { caseId, trial, runId }: TrialRun,
  sent: readonly SentResult[],
): Result[] {
  return sent.map(([kind, name, outcome, score, reason, durationNs]) => {
    return { experimentId, caseId, trial, kind, name, outcome, score, reason, runId, durationNs }
  })
}

/** A source that only whoever has the store can read, or the cases themselves. */
export type CasesAnswer = { readonly source: DataSource } | { readonly data: ResolvedData }

/** What the process says. Code of the user may send messages too: ours have this key. */
export interface RunnerMessage {
  readonly weir: readonly RunnerNews[]
}

export type RunnerNews =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string; readonly isUsage: boolean }
  /** The task of the trial that was asked for has ended. */
  | { readonly taskEnded: number }
  /** A trial that had ended threw outside of its promise. */
  | { readonly late: string; readonly runId: string }
  /** Code threw outside of its promise, or called `process.exit`, in no trial. */
  | { readonly unowned: string }
  /** The file is loaded: from now on, tasks alone can hold the event loop. */
  | 'loaded'
  /** Said again and again, as long as the event loop turns. */
  | 'alive'
