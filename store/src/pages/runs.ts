import type { RunRecord, Status } from '../run-record.ts'
import type { Store } from '../store.ts'
import type { RunFilter } from './filter.ts'

/** One line of a list of runs: no payloads. */
export interface RunRow {
  readonly runId: string
  readonly traceId: string
  readonly parentRunId: string
  readonly flow: string
  readonly version: string
  readonly environment: string
  readonly service: string
  readonly source: 'production' | 'experiment'
  readonly status: Status
  readonly incomplete: boolean
  readonly startUnixNano: bigint
  readonly startMs: number
  readonly durationNs: number
  readonly sessionId: string
  readonly userId: string
  readonly experimentId: string
  readonly caseId: string
  readonly trial: number
  readonly errorType: string
  readonly errorMessage: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
  readonly spanCount: number
  readonly errorCount: number
  readonly stepCount: number
}

export interface RunSearch extends RunFilter {
  readonly session?: string | undefined
  readonly user?: string | undefined
  readonly experiment?: string | undefined
  readonly minDurationNs?: number | undefined
  readonly maxDurationNs?: number | undefined
  /** Found, in any case, in run id, input, output, error or a step's name. */
  readonly text?: string | undefined
  /** Default: newest. */
  readonly order?: 'newest' | 'slowest' | undefined
  /** {@link RunsPage.next} of the page before. */
  readonly cursor?: string | undefined
  /** 1..500, default 50. */
  readonly limit?: number | undefined
}

export interface RunsPage {
  readonly runs: readonly RunRow[]
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null
}

/** One page of the runs that match, by key: a page never repeats or skips a run that does not change. */
export async function searchRuns(_store: Store, _search: RunSearch): Promise<RunsPage> {
  throw new Error('not written yet')
}

/** The runs of a session, in order. */
export interface SessionPage {
  readonly sessionId: string
  readonly userIds: readonly string[]
  /** Oldest first. */
  readonly runs: readonly (RunRow & { readonly input: string; readonly output: string })[]
  /** More runs than were returned. */
  readonly cut: boolean
}

/** A session's runs, or null if it has none. */
export async function getSessionPage(
  _store: Store,
  _params: { sessionId: string; project?: string; limit?: number },
): Promise<SessionPage | null> {
  throw new Error('not written yet')
}

/** Runs for checks, scorers and comparisons; unknown ids are left out. Ordered by start. */
export async function getRunRecords(
  _store: Store,
  _params: { project?: string; runIds: readonly string[] } | { project?: string; experimentId: string },
): Promise<RunRecord[]> {
  throw new Error('not written yet')
}
