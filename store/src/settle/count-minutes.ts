import { firstRow, type Store } from '../store.ts'
import { type Added, addMinutes } from './add-minutes.ts'
import { type Batch, NEVER, type Taken } from './batch.ts'
import { chartedRanges, type Range, within } from './ranges.ts'
import { rebuildMinutes } from './rebuild-minutes.ts'
import type { Simple } from './settle-simple.ts'

/** The runs of so few traces are counted again with all of their minutes: then a minute is one row. */
const FEW_TRACES = 2_000
/** Slices that a minute may have: charts read all of them. */
const MOST_SLICES = 15

/**
 * Makes the per-minute totals exact for what a pass settled. Minutes in which a run was settled again are rebuilt; what
 * is there for the first time is added, as reading a busy minute again with every pass would cost the square of its runs.
 */
export async function countMinutes(
  store: Store,
  taken: Taken,
  simple: Simple | undefined,
  batches: readonly Batch[],
): Promise<void> {
  const settled = batches.filter(({ traces }) => traces > 0)
  const again = settled.filter(({ since }) => since === NEVER)
  const first = settled.filter(({ since }) => since !== NEVER)
  const versions = first.map(({ version }) => version)
  const ranges = first.flatMap((batch) => batch.ranges)
  if (simple && simple.runs > 0) {
    versions.push(taken.version)
    ranges.push(...simple.ranges)
  }
  if (versions.length === 0) return rebuildMinutes(store, again)
  const added: Added = { id: taken.id, version: taken.version, versions, ranges }
  const add = taken.traces > FEW_TRACES && (await slices(store, ranges)) < MOST_SLICES
  if (add && (await addMinutes(store, added))) return rebuildMinutes(store, again)
  await rebuildMinutes(store, [...again, added])
}

/** The most slices that one group of the minutes has. */
async function slices(store: Store, ranges: readonly Range[]): Promise<number> {
  const { minute, params } = within(chartedRanges(ranges))
  const found = await firstRow<{ slices: number }>(
    store,
    `SELECT max(slices) AS slices
    FROM (
      SELECT count() AS slices FROM run_minutes FINAL
      WHERE slice != 0 AND ${minute}
      GROUP BY project, flow, minute, environment, service, version, source
    )`,
    params,
  )
  return found?.slices ?? 0
}
