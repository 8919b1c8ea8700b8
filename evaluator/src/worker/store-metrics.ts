import type { Store } from '@weir/store'
import { type DiskUsage, getDiskUsage } from '@weir/store/pages'
import {
  type AppliedRetention,
  type RemovalTotals,
  readRetention,
  removalTotals,
} from '@weir/store/retention'
import { Counter, Gauge, type Registry } from 'prom-client'

/** How long what was read is given to whoever scrapes. */
const KEPT_MS = 300_000

/** What metrics tell of the store. */
export interface StoreReading {
  readonly usage: DiskUsage
  readonly retention: readonly AppliedRetention[]
  readonly removed: readonly RemovalTotals[]
}

export async function readStoreMetrics(store: Store): Promise<StoreReading> {
  const [usage, retention, removed] = await Promise.all([
    getDiskUsage(store),
    readRetention(store),
    removalTotals(store),
  ])
  return { usage, retention, removed }
}

/**
 * Registers what the store takes and what retention removed. All of it is read at once, and at most every five minutes; while
 * the store cannot be read, there is none of it.
 */
export function registerStoreMetrics(registry: Registry, read: () => Promise<StoreReading>): void {
  let last: { readonly atMs: number; readonly reading: Promise<StoreReading | undefined> } | undefined
  const reading = (): Promise<StoreReading | undefined> => {
    if (last === undefined || performance.now() - last.atMs > KEPT_MS) {
      const failed = () => {
        last = undefined
        return undefined
      }
      last = { atMs: performance.now(), reading: read().catch(failed) }
    }
    return last.reading
  }
  type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]
  const metric = (
    kind: typeof Gauge | typeof Counter,
    name: string,
    help: string,
    labelNames: readonly string[],
    samples: (found: StoreReading) => readonly Sample[],
  ): void => {
    new kind({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset()
        const found = await reading()
        for (const [labels, value] of found === undefined ? [] : samples(found)) this.inc(labels, value)
      },
    })
  }
  metric(Gauge, 'weir_store_table_bytes', 'Bytes of a table on the disk.', ['table'], ({ usage }) =>
    usage.tables.map(({ table, diskBytes }) => [{ table }, diskBytes]),
  )
  const ofProject = ['project', 'table']
  metric(Gauge, 'weir_store_rows', 'Rows of a project in a table.', ofProject, ({ usage }) =>
    usage.projects.map(({ project, table, rows }) => [{ project, table }, rows]),
  )
  metric(
    Gauge,
    'weir_store_project_bytes',
    "About how many bytes of a table on the disk are a project's.",
    ofProject,
    ({ usage }) => usage.projects.map(({ project, table, diskBytes }) => [{ project, table }, diskBytes]),
  )
  metric(
    Gauge,
    'weir_retention_days',
    'For how many days runs or payloads are kept; a project without one is as the project with an empty name.',
    ['project', 'of'],
    ({ retention }) =>
      retention.flatMap(({ project, days, payloadDays }) => [
        ...(days === 0 ? [] : [[{ project, of: 'runs' }, days] as const]),
        ...(payloadDays === 0 ? [] : [[{ project, of: 'payloads' }, payloadDays] as const]),
      ]),
  )
  const removed = (name: string, help: string, value: (totals: RemovalTotals) => number) =>
    metric(Counter, name, help, ['project'], (found) =>
      found.removed.map((totals) => [{ project: totals.project }, value(totals)]),
    )
  removed('weir_retention_removed_runs_total', 'Runs that retention removed.', ({ runs }) => runs)
  removed('weir_retention_removed_spans_total', 'Spans that went with them.', ({ spans }) => spans)
  removed(
    'weir_retention_emptied_spans_total',
    'Spans whose payloads retention removed.',
    ({ emptiedSpans }) => emptiedSpans,
  )
  removed(
    'weir_retention_freed_bytes_total',
    'About by how many bytes tables became smaller on the disk.',
    ({ bytes }) => bytes,
  )
}
