import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Collector, startCollector } from '@weir/collector'
import type {} from '@weir/engines/testing'
import { shutdown } from '@weir/sdk'
import { createStore, execute, migrate, type Store } from '@weir/store'
import { afterAll, beforeAll, inject } from 'vitest'
import { type EvaluationMode, prepareMode } from './run-evaluation.ts'

interface Recording {
  readonly store: () => Store
  readonly collector: () => Collector
  /** What this process records its evaluations with. */
  readonly mode: () => EvaluationMode
}

/** A database for the tests of a file. */
export function useStore(): () => Store {
  let store: Store

  beforeAll(async () => {
    const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
    store = createStore({ url: inject('clickhouseUrl'), database })
    await migrate(store)
  })

  afterAll(async () => {
    await execute(store, 'DROP DATABASE {database:Identifier}', { database: store.database })
    await store.close()
  })

  return () => store
}

/** A database and a collector for the tests of a file; this process is traced into them. */
export function useRecording(): Recording {
  const walDirectory = mkdtempSync(join(tmpdir(), 'weir-wal-'))
  const store = useStore()
  let collector: Collector
  let mode: EvaluationMode

  beforeAll(async () => {
    collector = await startCollector({ host: '127.0.0.1', port: 0, store: store(), walDirectory })
    mode = { kind: 'recorded', store: store(), endpoint: collector.url }
    await prepareMode(mode)
  })

  afterAll(async () => {
    await shutdown()
    await collector.close()
    await rm(walDirectory, { recursive: true })
  })

  return { store, collector: () => collector, mode: () => mode }
}
