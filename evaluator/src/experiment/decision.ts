import type { Store } from '@weir/store'
import type { Decision } from '@weir/store/compare'
import type { Outcome, Result } from '@weir/store/evaluations'
import { decideBaseline, judgeGates, type Usages } from './gates.ts'
import type { Plan } from './plan.ts'
import type { JudgedTrial } from './report.ts'
import { type PlannedTrial, trialsOf } from './trials.ts'

/** What is known of the trials that have run. */
export interface Known {
  readonly trials: readonly JudgedTrial[]
  readonly usage: Usages
}

/**
 * Runs the trials of a plan: all at once, or if it stops when it is decided, one of each case after the other.
 * @param run resolves once the trials are judged
 * @returns the plan as it was run
 */
export async function runRounds(
  plan: Plan,
  store: Store | undefined,
  run: (trials: Iterator<PlannedTrial>) => Promise<void>,
  known: () => Promise<Known>,
): Promise<Plan> {
  if (plan.outline.stopWhen === undefined) {
    await run(trialsOf(plan))
    return plan
  }
  for (let trial = 0; trial < plan.trials; trial++) {
    await run(plan.cases.map((item) => ({ item, trial })).values())
    const rounds = trial + 1
    if (rounds === plan.trials) return plan
    const now = await known()
    // One that was resumed has trials of the rounds to come: those are run to their end.
    if (now.trials.some((one) => one.trial > trial)) continue
    if (await isDecided(plan, rounds, now, store)) return { ...plan, decidedAfter: rounds }
  }
  return plan
}

/**
 * Whether more trials cannot change the answer: a gate has failed for good, or all have passed for good. Gates on totals are decided where
 * even the best or the worst of what is left would not change them. Gates beside the baseline are decided by an anytime-valid test or
 * interval ({@link decideBaseline}).
 * @param rounds trials of each case that have run
 */
async function isDecided(
  plan: Plan,
  rounds: number,
  known: Known,
  store: Store | undefined,
): Promise<boolean> {
  const own = decideGates(plan, rounds, known)
  if (own === 'failed') return true
  const baseline = await decideBaseline(plan, store)
  return baseline === 'failed' || (own === 'passed' && baseline === 'passed')
}

function decideGates(plan: Plan, rounds: number, { trials, usage }: Known): Decision {
  const { gates } = plan.outline
  const isPassed = (some: readonly JudgedTrial[], used: Usages) =>
    judgeGates(gates, some, used).every(({ outcome }) => outcome === 'passed')
  const isNow = isPassed(trials, usage)
  const costing = (cost: (now: number) => number): Usages => ({
    trials: { ...usage.trials, cost: cost(usage.trials.cost) },
    all: { ...usage.all, cost: cost(usage.all.cost) },
  })
  const worst = [...trials, ...rest(plan, rounds, 'failed', 0)]
  if (
    isNow &&
    isPassed(
      worst,
      costing(() => Number.POSITIVE_INFINITY),
    )
  )
    return 'passed'
  // Where no cost was recorded so far, some may be.
  const best = [...trials, ...rest(plan, rounds, 'passed', 1)]
  return !isNow &&
    !isPassed(
      best,
      costing((now) => now || Number.MIN_VALUE),
    )
    ? 'failed'
    : undefined
}

/** The trials that are left, as if all ended so. */
function rest(
  { cases, trials, outline }: Plan,
  rounds: number,
  outcome: Outcome,
  score: number,
): JudgedTrial[] {
  const result = {
    experimentId: '',
    kind: 'scorer',
    outcome: 'passed',
    reason: '',
    runId: '',
    durationNs: 0,
  } as const
  return cases.flatMap(({ id: caseId }) =>
    Array.from({ length: trials - rounds }, (_, i) => {
      const trial = rounds + i
      const results = outline.scorers.map((name): Result => ({ ...result, caseId, trial, name, score }))
      return { caseId, trial, runId: '', outcome, durationMs: 0, results }
    }),
  )
}
