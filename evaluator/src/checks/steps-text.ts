import type { RunRecord, StepRecord } from '@weir/store'
import { formatDuration } from './duration.ts'

/** Steps named in a reason at most; a run may have thousands. */
const SHOWN = 20

/** `Steps: plan ok 12 ms, search#1 error 30 ms (3 attempts)`. */
export function stepsText(run: RunRecord): string {
  if (run.steps.length === 0) return 'The run has no steps.'
  const shown = run.steps.slice(0, SHOWN).map(stepText).join(', ')
  const rest = run.steps.length - SHOWN
  return `Steps: ${shown}${rest > 0 ? ` and ${rest} more` : ''}.`
}

function stepText(step: StepRecord): string {
  const attempts = step.attempts > 1 ? ` (${step.attempts} attempts)` : ''
  const fallback = step.fallback ? ' (fallback)' : ''
  return `${stepName(step)} ${step.status} ${formatDuration(step.durationNs)}${attempts}${fallback}`
}

/** `search` for the first occurrence, `search#1` for the second. */
export function stepName(step: StepRecord): string {
  return step.occurrence === 0 ? step.name : `${step.name}#${step.occurrence}`
}
