import { normalQuantile } from '../statistics/normal.ts'
import { insert, type Store } from '../store.ts'

/** One step execution of a run that a test stores. */
export interface TestStep {
  readonly name: string
  readonly milliseconds: number
  readonly status?: string
}

export interface TestRun {
  readonly runId: string
  readonly flow: string
  readonly version: string
  readonly start: Date
  readonly milliseconds: number
  readonly steps: readonly TestStep[]
  readonly status?: string
  readonly environment?: string
  readonly source?: 'production' | 'experiment'
  readonly experimentId?: string
  readonly incomplete?: boolean
  /** When the row was computed; of several rows of one run the latest counts. */
  readonly settled?: Date
  readonly deleted?: boolean
  /** The trial crashed and was repeated: no result names this run. */
  readonly abandoned?: boolean
  /** Default: the run's id, a case of its own. */
  readonly caseId?: string
  readonly trial?: number
  /** Of the trial's check; default passed. */
  readonly outcome?: 'passed' | 'failed'
  /** By scorer. */
  readonly scores?: Readonly<Record<string, number>>
  /** US dollars. */
  readonly cost?: number
  readonly userId?: string
  readonly sessionId?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Stores rows of `runs` as settling would, the steps following each other; and an experiment's results. */
export async function insertRuns(store: Store, runs: readonly TestRun[]): Promise<void> {
  await insert(
    store,
    'runs',
    runs.map((run) => toRow(store, run)),
  )
  await insert(
    store,
    'results',
    runs
      .filter(({ experimentId, abandoned }) => experimentId && !abandoned)
      .flatMap((run) => toResults(store, run)),
  )
}

function toResults(store: Store, run: TestRun) {
  const { runId, experimentId, outcome = 'passed', scores = {} } = run
  const trial = {
    project: store.project,
    experiment_id: experimentId,
    case_id: run.caseId ?? runId,
    trial: run.trial ?? 0,
    run_id: runId,
  }
  return [
    { ...trial, kind: 'task', name: '', outcome: 'passed', score: 1 },
    { ...trial, kind: 'check', name: 'is right', outcome, score: outcome === 'passed' ? 1 : 0 },
    ...Object.entries(scores).map(([name, score]) => ({
      ...trial,
      kind: 'scorer',
      name,
      outcome: 'passed',
      score,
    })),
  ]
}

function toRow(store: Store, run: TestRun) {
  const seen = new Map<string, number>()
  const occurrences = run.steps.map(({ name }) => {
    const occurrence = seen.get(name) ?? 0
    seen.set(name, occurrence + 1)
    return occurrence
  })
  let offset = 0
  const starts = run.steps.map(({ milliseconds }) => {
    offset += milliseconds
    return Math.round((offset - milliseconds) * 1e6)
  })
  return {
    project: store.project,
    run_id: run.runId,
    trace_id: '0'.repeat(16),
    flow: run.flow,
    version: run.version,
    environment: run.environment ?? 'prod',
    service: 'test',
    source: run.source ?? 'production',
    status: run.status ?? 'ok',
    incomplete: run.incomplete ? 1 : 0,
    start: run.start.toISOString(),
    duration_ns: Math.round(run.milliseconds * 1e6),
    experiment_id: run.experimentId ?? '',
    case_id: run.experimentId ? (run.caseId ?? run.runId) : '',
    trial: run.trial ?? 0,
    cost: run.cost ?? 0,
    user_id: run.userId ?? '',
    session_id: run.sessionId ?? '',
    metadata: run.metadata === undefined ? '' : JSON.stringify(run.metadata),
    step_names: run.steps.map(({ name }) => name),
    step_occurrences: occurrences,
    step_kinds: run.steps.map(() => 'step'),
    step_statuses: run.steps.map(({ status }) => status ?? 'ok'),
    step_starts_ns: starts,
    step_durations_ns: run.steps.map(({ milliseconds }) => Math.round(milliseconds * 1e6)),
    step_attempts: run.steps.map(() => 1),
    step_fallbacks: run.steps.map(() => 0),
    step_parents: run.steps.map(() => -1),
    step_span_ids: run.steps.map(() => '0'.repeat(8)),
    settled: (run.settled ?? new Date()).toISOString(),
    is_deleted: run.deleted ? 1 : 0,
  }
}

/** A lognormal duration in milliseconds. */
export function duration(next: () => number, median: number): number {
  return median * Math.exp(0.4 * normalQuantile(next()))
}
