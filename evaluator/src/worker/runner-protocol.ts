import type { ExperimentJob, TrialJob, TrialJobResult } from '../queue.ts'

/** What the worker asks of a runner process. */
export type RunnerRequest =
  | { readonly id: number; readonly kind: 'trial'; readonly job: TrialJob }
  | {
      readonly id: number
      readonly kind: 'judge'
      readonly job: ExperimentJob
      readonly trials: readonly TrialJobResult[]
    }

export type RunnerAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }
