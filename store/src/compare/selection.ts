import { listBaselines } from '../evaluations/baselines.ts'
import { isLatest } from '../latest-runs.ts'
import type { QueryParams, Store } from '../store.ts'
import { COMPARISON_RULE } from './judge.ts'
import type { Window } from './side.ts'
import { CompareError, describeSide, type Side, type SideRestriction } from './side.ts'

/** The runs of a side, resolved: every condition that is present must hold. */
export interface Selection {
  readonly window?: Window
  readonly version?: string
  readonly environment?: string
  readonly service?: string
  readonly source?: string
  readonly experimentId?: string
  /** Only cases that this experiment has too. */
  readonly casesOf?: string
}

const COLUMNS = {
  version: 'version',
  environment: 'environment',
  service: 'service',
  source: 'source',
  experimentId: 'experiment_id',
} as const
type Equality = keyof typeof COLUMNS
const EQUALITIES = Object.keys(COLUMNS) as Equality[]

/** SQL over `runs AS run`, and what it binds. */
export interface SelectionSql {
  readonly condition: string
  /** Whether a row is the latest of its run. */
  readonly latest: string
  readonly params: QueryParams
}

/** SQL over `runs AS run`, PREWHERE, WHERE and all: the runs of a side. Which rows are the latest costs most, so it is asked last. */
export function matchSql({ condition, latest }: SelectionSql): string {
  return `PREWHERE ${condition} WHERE ${latest}`
}

/** `prefix` keeps the parameters of two sides apart. */
export function toSelectionSql(selection: Selection, prefix: string): SelectionSql {
  const conditions: string[] = []
  const params: Record<string, unknown> = {}
  for (const key of EQUALITIES) {
    if (selection[key] === undefined) continue
    conditions.push(`${COLUMNS[key]} = {${prefix}_${key}: String}`)
    params[`${prefix}_${key}`] = selection[key]
  }
  if (selection.experimentId !== undefined) {
    // A trial that was repeated after a crash has two runs, and its result names the one that counts.
    conditions.push(`(parent_run_id != '' OR run_id IN (
      SELECT run_id FROM results FINAL
      WHERE project = {project: String} AND experiment_id = {${prefix}_experimentId: String} AND kind = 'task'))`)
  }
  if (selection.casesOf !== undefined) {
    conditions.push(`case_id IN (SELECT case_id FROM results
      WHERE project = {project: String} AND experiment_id = {${prefix}_casesOf: String} AND kind = 'task')`)
    params[`${prefix}_casesOf`] = selection.casesOf
  }
  const scope = ['project = {project: String}', 'flow = {flow: String}']
  if (selection.window) {
    const { from, to } = selection.window
    scope.push(`start >= fromUnixTimestamp64Milli({${prefix}_from: Int64}, 'UTC')`)
    scope.push(`start < fromUnixTimestamp64Milli({${prefix}_to: Int64}, 'UTC')`)
    params[`${prefix}_from`] = from.getTime()
    params[`${prefix}_to`] = to.getTime()
  }
  return { condition: [...scope, ...conditions].join(' AND '), latest: isLatest(scope.join(' AND ')), params }
}

/** Whether a run can belong to both: a comparison treats its sides as independent. */
export function canOverlap(a: Selection, b: Selection): boolean {
  const differs = EQUALITIES.some((key) => a[key] !== undefined && b[key] !== undefined && a[key] !== b[key])
  const apart = a.window && b.window && (a.window.to <= b.window.from || b.window.to <= a.window.from)
  return !differs && !apart
}

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
