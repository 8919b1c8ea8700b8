import { firstRow, type Store } from '../store.ts'
import { addMinutes } from './add-minutes.ts'
import type { Batch, Taken } from './batch.ts'
import { rebuildMinutes, type Touched } from './rebuild-minutes.ts'
import type { Simple } from './settle-simple.ts'

/** So few runs are counted again with all of their minutes: then a minute is one row. */
const FEW_RUNS = 2_000
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
  const again: Touched[] = [...batches]
  if (simple && simple.runs > 0) {
    const all = { id: taken.id, from: simple.from, to: simple.to }
    const add = simple.runs > FEW_RUNS && (await slices(store, simple)) < MOST_SLICES
    if (!add || !(await addMinutes(store, taken, simple))) again.push(all)
  }
  await rebuildMinutes(store, again)
}

/** The most slices that one group of the minutes has. */
async function slices(store: Store, { from, to }: Simple): Promise<number> {
  return (await firstRow<{ slices: number }>(store, COUNT_SLICES, { from, to }))?.slices ?? 0
}

const COUNT_SLICES = `
  SELECT max(slices) AS slices
  FROM (
    SELECT count() AS slices FROM run_minutes FINAL
    WHERE slice != 0 AND minute >= toStartOfMinute(toDateTime64({from:String}, 9, 'UTC'))
      AND minute <= toStartOfMinute(toDateTime64({to:String}, 9, 'UTC'))
    GROUP BY project, flow, minute, environment, service, version, source
  )`
