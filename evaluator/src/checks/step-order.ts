import type { RunRecord, StepRecord } from '@weir/store'
import { absent, type Finding, failed, passed, type StepOrderCheck, unverifiable } from './check.ts'
import { stepsText } from './steps-text.ts'

/** More of a run can complete an order but not break it, so that one found is final. */
export function judgeOrder(check: StepOrderCheck, run: RunRecord): Finding {
  const { steps, strict } = check
  const missingAt = strict ? firstBreakStrict(steps, run.steps) : firstBreak(steps, run.steps)
  const order = steps.join(' -> ')
  if (missingAt === -1) return passed(`${order} in ${strict ? 'strict ' : ''}order`)
  const missing = steps.find((step) => !run.steps.some(({ name }) => name === step))
  const because =
    missing !== undefined
      ? `"${missing}" did not run`
      : `"${steps[missingAt]}" did not ${strict ? 'begin after the end of' : 'start after'} "${steps[missingAt - 1] ?? ''}"`
  const reason = `Expected the order ${order}, but ${because}. ${stepsText(run)}`
  if (run.incomplete) return unverifiable(`${reason} The run is incomplete.`)
  return missing === undefined ? failed(reason) : absent(reason)
}

/**
 * Index of the first name that has no place, -1 if all have. Taking the earliest start each time leaves the most
 * for the rest. Equal starts may stand in either order, but one execution stands for one name only.
 */
function firstBreak(names: readonly string[], executions: readonly StepRecord[]): number {
  const used = new Set<StepRecord>()
  let from = Number.NEGATIVE_INFINITY
  return names.findIndex((name) => {
    const next = executions.find((step) => step.name === name && step.startNs >= from && !used.has(step))
    if (next === undefined) return true
    used.add(next)
    from = next.startNs
    return false
  })
}

/** The same with the earliest end each time; a step that has not ended precedes nothing. */
function firstBreakStrict(names: readonly string[], executions: readonly StepRecord[]): number {
  const used = new Set<StepRecord>()
  let from = Number.NEGATIVE_INFINITY
  return names.findIndex((name) => {
    let next: StepRecord | undefined
    for (const step of executions) {
      if (step.name !== name || step.startNs < from || used.has(step)) continue
      if (next === undefined || endNs(step) < endNs(next)) next = step
    }
    if (next === undefined) return true
    used.add(next)
    from = endNs(next)
    return false
  })
}

function endNs(step: StepRecord): number {
  return step.status === 'running' ? Number.POSITIVE_INFINITY : step.startNs + step.durationNs
}
