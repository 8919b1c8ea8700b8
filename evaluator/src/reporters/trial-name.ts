import type { TrialReport } from '../experiment/totals.ts'

/** Names of trials as people count them, from 1: "launch (trial 1 of 3)"; with one trial a case, the case alone. */
export function trialNames(trials: readonly TrialReport[]): (trial: TrialReport) => string {
  const each = trials.reduce((most, { trial }) => Math.max(most, trial + 1), 1)
  return ({ caseId, trial }) => (each === 1 ? caseId : `${caseId} (trial ${trial + 1} of ${each})`)
}
