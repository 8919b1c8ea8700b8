import { firstRow, rows, type Store } from './store.ts'

export interface StoredCounts {
  readonly spans: number
  readonly runs: number
  readonly experiments: number
}

/** How much the project holds; a span that was sent twice counts once. */
export async function countStored(store: Store): Promise<StoredCounts> {
  const row = await firstRow<StoredCounts>(
    store,
    `SELECT
       (SELECT count() FROM spans FINAL WHERE project = {project: String}) AS spans,
       (SELECT count() FROM runs FINAL WHERE project = {project: String}) AS runs,
       (SELECT count() FROM experiments FINAL WHERE project = {project: String}) AS experiments`,
    { project: store.project },
  )
  return row ?? { spans: 0, runs: 0, experiments: 0 }
}

/** True if no span was ever stored for the project. */
export async function isStoreEmpty(store: Store): Promise<boolean> {
  const found = await rows(store, 'SELECT 1 FROM spans WHERE project = {project: String} LIMIT 1', {
    project: store.project,
  })
  return found.length === 0
}
