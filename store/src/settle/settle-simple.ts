import { firstRow, type Store } from '../store.ts'
import type { Taken } from './batch.ts'
import { findRanges, type Range } from './ranges.ts'
import type { SettledRuns } from './settled-runs.ts'
import { BY_RECEIPT, insertSimpleRuns, OF_BATCH, PAYS, paramsOf } from './simple-traces.ts'
import { updateFlows, updateUsage } from './update-spans.ts'

/** What the simple way did with a pass. */
export interface Simple {
  /** Runs written. */
  readonly runs: number
  /** In which spans of the pass start. */
  readonly ranges: readonly Range[]
}

/** Writes the runs of those fresh traces that are simple. Most are. */
export async function settleSimple(store: Store, taken: Taken, known: SettledRuns): Promise<Simple> {
  const params = paramsOf(taken)
  const asked = await firstRow<Asked>(store, ASK, params)
  const { metadata = 0, unnamed = 0, superseded = 0, from = '', to = '' } = asked ?? {}
  const settings = `SETTINGS ${BY_RECEIPT}`
  const ranges = await findRanges(store, { from, to }, { where: OF_BATCH, params, settings })
  const { forgottenUntilMs } = known
  await insertSimpleRuns(store, taken, { metadata: metadata > 0, forgottenUntilMs })
  if (unnamed > 0) await updateFlows(store, taken)
  if (superseded > 0) await updateUsage(store, taken)
  return { runs: await known.add(store, taken.id, taken.version), ranges }
}

interface Asked extends Range {
  readonly metadata: number
  /** Spans that do not say their flow. */
  readonly unnamed: number
  /** Spans that repeat the usage of a child. */
  readonly superseded: number
}

/** Other projects may have the same ids: what is asked of too many spans is only done in vain. */
const ASK = `
  SELECT
    countIf(kind = 'flow' AND has(attributes.keys, 'weir.run.metadata')) AS metadata,
    countIf(flow = '') AS unnamed,
    length(arrayIntersect(groupArrayIf(span_id, ${PAYS}), groupArrayIf(parent_span_id, ${PAYS}))) AS superseded,
    toString(min(start)) AS from,
    toString(max(start)) AS to
  FROM spans
  WHERE ${OF_BATCH}
  SETTINGS ${BY_RECEIPT}`
