import { listBaselines } from '../evaluations/baselines.ts'
import type { Store } from '../store.ts'
import { describeSide } from './format-side.ts'
import { COMPARISON_RULE } from './rule.ts'
import type { Selection } from './selection.ts'
import { CompareError, type Side, type SideRestriction } from './side.ts'

/** A side as it is read from the store. */
export interface ResolvedSide {
  readonly label: string
  readonly selection: Selection
  /** Whether the side is restricted beyond what it is. */
  readonly narrowed: boolean
  /** The experiment whose runs these are, if they are one's. */
  readonly experimentId?: string
}

/** Applies the defaults and looks baselines up. */
export async function resolveSide(store: Store, flow: string, side: Side, now: Date): Promise<ResolvedSide> {
  const given = restriction(side)
  const own = side.kind === 'experiment' || side.kind === 'baseline' ? 0 : 1
  const known = { label: describeSide(side), narrowed: Object.keys(given).length > own }
  const ofExperiment = (experimentId: string): ResolvedSide => ({
    ...known,
    experimentId,
    selection: { experimentId, ...given },
  })
  if (side.kind === 'experiment') return ofExperiment(side.experimentId)
  if (side.kind !== 'baseline') return { ...known, selection: { ...defaults(now), ...given } }
  const baseline = await findBaseline(store, flow, side)
  if (baseline.experimentId !== '') return ofExperiment(baseline.experimentId)
  const window = { from: new Date(baseline.windowFromMs), to: new Date(baseline.windowToMs) }
  const { version, environment } = baseline
  const frozen = { ...(version && { version }), ...(environment && { environment }) }
  return { ...known, selection: { source: 'production', window, ...given, ...frozen } }
}

function defaults(now: Date): Selection {
  const from = new Date(now.getTime() - COMPARISON_RULE.windowDays * 86_400_000)
  return { source: 'production', window: { from, to: now } }
}

function restriction({ window, version, environment, service, source }: SideRestriction): Selection {
  return {
    ...(window && { window }),
    ...(version !== undefined && { version }),
    ...(environment !== undefined && { environment }),
    ...(service !== undefined && { service }),
    ...(source !== undefined && { source }),
  }
}

async function findBaseline(store: Store, flow: string, side: Extract<Side, { kind: 'baseline' }>) {
  const all = await listBaselines(store, { flow })
  const found = all.filter(
    ({ name, evaluation }) =>
      name === side.name && (side.evaluation === undefined || evaluation === side.evaluation),
  )
  const [baseline, other] = found
  if (baseline === undefined) {
    const names = [...new Set(all.map(({ name }) => name))].join(', ')
    throw new CompareError(
      `The flow "${flow}" has no baseline "${side.name}"${side.evaluation ? ` of the evaluation "${side.evaluation}"` : ''}. ${
        names ? `It has: ${names}.` : 'Promote one with `weir baseline promote <experiment>`.'
      }`,
    )
  }
  if (other !== undefined) {
    const evaluations = found.map(({ evaluation }) => evaluation || '(a window)').join(', ')
    throw new CompareError(
      `Several evaluations of the flow "${flow}" have a baseline "${side.name}": ${evaluations}. Say which: baseline=${side.name},evaluation=<name>.`,
    )
  }
  return baseline
}
