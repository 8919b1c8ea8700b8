import type { Store } from '../store.ts'
import { replaceRows, select, toDateTime } from './rows.ts'
import type { CheckSummary, Monitor, MonitorSummary } from './types.ts'

/** Adds a monitor, or replaces the one of the same name; `createdMs` stays when it is replaced. */
export async function addMonitor(
  store: Store,
  params: Omit<Monitor, 'createdMs'> & { readonly createdMs?: number },
): Promise<Monitor> {
  const existing = (await readMonitors(store)).find((monitor) => monitor.name === params.name)
  const createdMs = params.createdMs ?? existing?.createdMs ?? Date.now()
  await replaceRows(store, 'monitors', 'updated', [{ ...toRow({ ...params, createdMs }), is_deleted: 0 }])
  return { ...params, createdMs }
}

/** False if there is no such monitor. */
export async function removeMonitor(store: Store, params: { readonly name: string }): Promise<boolean> {
  const monitor = (await readMonitors(store)).find((candidate) => candidate.name === params.name)
  if (monitor === undefined) return false
  await replaceRows(store, 'monitors', 'updated', [{ ...toRow(monitor), is_deleted: 1 }])
  return true
}

function toRow({ name, flow, definition, sample, createdMs }: Monitor): Record<string, unknown> {
  return { name, flow, definition, sample, created: toDateTime(createdMs) }
}

/** The monitors alone, as the worker needs them. */
export function readMonitors(store: Store): Promise<Monitor[]> {
  return select<Monitor>(
    store,
    `SELECT name, flow, definition, sample, toFloat64(toUnixTimestamp64Milli(created)) AS createdMs
     FROM monitors FINAL WHERE project = {project: String} ORDER BY name`,
  )
}

/**
 * Monitors by name with what they found on runs that started from `since` (default: 24 hours ago) until before `until`
 * (default: whatever is newer): all of them, or `limit` after the name `after`.
 */
export async function listMonitors(
  store: Store,
  params: {
    readonly flow?: string
    readonly since?: number
    readonly until?: number
    readonly after?: string
    readonly limit?: number
  } = {},
): Promise<MonitorSummary[]> {
  const { since = Date.now() - 86_400_000, until = 0, flow, after = '', limit } = params
  const monitors = (await readMonitors(store))
    .filter(
      (monitor) =>
        (flow === undefined || monitor.flow === flow) &&
        (after === '' || Buffer.compare(Buffer.from(monitor.name), Buffer.from(after)) > 0),
    )
    .slice(0, limit)
  const scope = { since, until, authors: monitors.map(({ name }) => name) }
  const [runs, checks] = await Promise.all([runTotals(store, scope), checkTotals(store, scope)])
  return monitors.map((monitor) => {
    const { judged = 0, passed = 0, failed = 0 } = runs.find((row) => row.author === monitor.name) ?? {}
    const own = checks.filter((row) => row.author === monitor.name)
    return {
      ...monitor,
      judged,
      passed,
      failed,
      unverifiable: judged - passed - failed,
      passRate: judged === 0 ? 0 : passed / judged,
      checks: own.map(({ author: _, ...check }) => check),
    }
  })
}

interface Scope {
  readonly since: number
  readonly until: number
  readonly authors: readonly string[]
}

const RECENT = `FROM scores FINAL WHERE project = {project: String} AND source = 'monitor'
  AND author IN {authors: Array(String)} AND run_start >= fromUnixTimestamp64Milli({since: Int64})
  AND ({until: Int64} = 0 OR run_start < fromUnixTimestamp64Milli({until: Int64}))`

function runTotals(
  store: Store,
  scope: Scope,
): Promise<{ author: string; judged: number; passed: number; failed: number }[]> {
  return select(
    store,
    `SELECT author, toFloat64(count()) AS judged, toFloat64(countIf(bad = 0)) AS passed,
       toFloat64(countIf(wrong > 0)) AS failed
     FROM (SELECT author, run_id, countIf(outcome != 'passed') AS bad, countIf(outcome IN ('failed', 'error')) AS wrong
       ${RECENT} GROUP BY author, run_id)
     GROUP BY author`,
    { ...scope },
  )
}

function checkTotals(store: Store, scope: Scope): Promise<(CheckSummary & { author: string })[]> {
  return select(
    store,
    `SELECT author, name, toFloat64(countIf(outcome = 'passed')) AS passed,
       toFloat64(countIf(outcome IN ('failed', 'error'))) AS failed,
       toFloat64(countIf(outcome = 'unverifiable')) AS unverifiable
     ${RECENT} GROUP BY author, name ORDER BY author, name`,
    { ...scope },
  )
}
