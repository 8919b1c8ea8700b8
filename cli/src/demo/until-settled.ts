import { setTimeout as sleep } from 'node:timers/promises'
import { getStoreStats, type Store } from '@weir/store'
import { infrastructureError } from '../errors.ts'

const PATIENCE_MS = 120_000

/** Waits until every stored span belongs to a settled run; a store that is away for a moment is asked again. */
export async function untilSettled(store: Store): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  let problem = 'traces are still not settled: is the worker running? (weir status)'
  while (Date.now() < deadline) {
    try {
      const { unsettledTraces } = await getStoreStats(store)
      if (unsettledTraces === 0) return
    } catch (error) {
      problem = (error as Error).message
    }
    await sleep(500)
  }
  throw infrastructureError(`gave up after ${PATIENCE_MS / 1000} s: ${problem}`)
}
