import { readPrices } from '@weir/dialects'
import { until } from '@weir/engines/testing'
import type { InsertFailure } from '@weir/store'
import { onTestFinished } from 'vitest'
import { collectorSettingsFromEnv } from '../config.ts'
import { Log } from '../log.ts'
import { Storage, type StorageOptions } from '../storage.ts'

/** A storage as a collector has it, which is closed after the test, and the inserts that failed so far. */
export async function openStorage(
  options: Pick<StorageOptions, 'store' | 'walDirectory'> & Partial<StorageOptions>,
): Promise<{ readonly storage: Storage; readonly failures: InsertFailure[] }> {
  const failures: InsertFailure[] = []
  const storage = await Storage.open({
    settings: collectorSettingsFromEnv({}),
    prices: readPrices(undefined),
    migrated: Promise.resolve(),
    log: new Log('silent'),
    observeInsert: () => undefined,
    observeFailure: (failure) => failures.push(failure),
    ...options,
  })
  let closed: Promise<void> | undefined
  const close = storage.close.bind(storage)
  storage.close = (timeoutMs) => {
    closed ??= close(timeoutMs)
    return closed
  }
  onTestFinished(() => storage.close(0))
  return { storage, failures }
}

/** Resolves once ClickHouse has all that the storage took. */
export async function untilStored(storage: Storage): Promise<void> {
  await until(
    () => storage.snapshot().ledger,
    ({ pending }) => pending === 0,
  )
}
