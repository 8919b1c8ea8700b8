import type { DiskSpace } from '../disk-space.ts'
import { firstRow, rows, type Store } from '../store.ts'

/** What can be wrong inside ClickHouse while it answers. */
export interface StoreHealth {
  /** Of the fullest disk that it stores on. */
  readonly disk: StoreDisk | undefined
  /** Parts that it set aside, for instance because their files were damaged: no query reads their rows. */
  readonly detachedParts: readonly DetachedPart[]
  /** Changes of tables that cannot be completed. */
  readonly failedMutations: readonly FailedMutation[]
  /** Parts in use that it found damaged when it read or merged them. */
  readonly damagedParts: readonly DamagedPart[]
  /** What kept it from inserting or merging since it was started, the latest first. */
  readonly errors: readonly ServerError[]
  /** ClickHouse's time, milliseconds since 1970. */
  readonly nowMs: number
}

export interface StoreDisk extends DiskSpace {
  readonly path: string
}

interface DetachedPart {
  readonly table: string
  readonly name: string
  /** As ClickHouse says it, e.g. `broken-on-start`; empty: detached by hand. */
  readonly reason: string
  readonly path: string
  readonly bytes: number
}

interface DamagedPart {
  readonly table: string
  readonly name: string
  readonly rows: number
  readonly path: string
  /** E.g. `CHECKSUM_DOESNT_MATCH`. */
  readonly error: string
}

interface FailedMutation {
  readonly table: string
  readonly command: string
  readonly reason: string
}

interface ServerError {
  /** E.g. `NOT_ENOUGH_SPACE`. */
  readonly name: string
  readonly count: number
  /** Milliseconds since 1970. */
  readonly lastMs: number
  readonly message: string
}

/** Parts set aside for these reasons are copies of what is still there: src/Storages/MergeTree/MergeTreePartInfo.h */
const COPIES = [
  'ignored',
  'clone',
  'attaching',
  'deleting',
  'tmp-fetch',
  'covered-by-broken',
  'merge-not-byte-identical',
  'mutate-not-byte-identical',
]

/** Files of a part that are not as they were written: src/Common/ErrorCodes.cpp */
const DAMAGE = [
  'ATTEMPT_TO_READ_AFTER_EOF',
  'BAD_SIZE_OF_FILE_IN_DATA_PART',
  'CANNOT_DECOMPRESS',
  'CANNOT_READ_ALL_DATA',
  'CHECKSUM_DOESNT_MATCH',
  'CORRUPTED_DATA',
  'FILE_DOESNT_EXIST',
  'NO_FILE_IN_DATA_PART',
  'SIZES_OF_MARKS_FILES_ARE_INCONSISTENT',
  'TOO_LARGE_SIZE_COMPRESSED',
  'UNKNOWN_COMPRESSION_METHOD',
]

/** What keeps inserts and merges from being written. */
const OBSTACLES = ['CANNOT_FSYNC', 'CANNOT_WRITE_TO_FILE_DESCRIPTOR', 'NOT_ENOUGH_SPACE', 'TOO_MANY_PARTS']

/** Reads system tables of ClickHouse only: its cost does not depend on what is stored. */
export async function getStoreHealth(store: Store): Promise<StoreHealth> {
  const [disk, detachedParts, damagedParts, failedMutations, errors, clock] = await Promise.all([
    getClickHouseDisk(store),
    rows<DetachedPart>(store, DETACHED, { copies: COPIES }),
    rows<DamagedPart>(store, DAMAGED, { names: DAMAGE }),
    rows<FailedMutation>(store, MUTATIONS),
    rows<ServerError>(store, SERVER_ERRORS, { names: OBSTACLES }),
    firstRow<{ ms: number }>(store, 'SELECT toUnixTimestamp64Milli(now64(3)) AS ms'),
  ])
  return { disk, detachedParts, damagedParts, failedMutations, errors, nowMs: clock?.ms ?? 0 }
}

/** The fullest disk of ClickHouse. @param signal ends the question */
export async function getClickHouseDisk(store: Store, signal?: AbortSignal): Promise<StoreDisk | undefined> {
  const result = await store.client.query({
    query: `
      SELECT path, free_space AS freeBytes, total_space AS totalBytes FROM system.disks
      WHERE NOT is_remote ORDER BY free_space LIMIT 1`,
    format: 'JSONEachRow',
    ...(signal === undefined ? {} : { abort_signal: signal }),
  })
  return (await result.json<StoreDisk>())[0]
}

const DETACHED = `
  SELECT table, name, ifNull(reason, '') AS reason, path, bytes_on_disk AS bytes FROM system.detached_parts
  WHERE database = currentDatabase() AND ifNull(reason, '') NOT IN {copies:Array(String)}
  ORDER BY table, name LIMIT 1000`

// An error's message names the file, and with it the part; one that was replaced or set aside since is no longer in use.
const DAMAGED = `
  SELECT parts.table AS table, parts.name AS name, parts.rows AS rows, parts.path AS path, any(errors.name) AS error
  FROM system.errors AS errors CROSS JOIN system.parts AS parts
  WHERE errors.name IN {names:Array(String)} AND errors.value > 0 AND NOT errors.remote
    AND parts.database = currentDatabase() AND parts.active AND position(errors.last_error_message, parts.path) > 0
  GROUP BY ALL ORDER BY table, name LIMIT 1000`

const MUTATIONS = `
  SELECT table, command, latest_fail_reason AS reason FROM system.mutations
  WHERE database = currentDatabase() AND NOT is_done AND latest_fail_reason != ''
  ORDER BY create_time LIMIT 100`

const SERVER_ERRORS = `
  SELECT name, value AS count, toUnixTimestamp(last_error_time) * 1000 AS lastMs, last_error_message AS message
  FROM system.errors WHERE name IN {names:Array(String)} AND value > 0 AND NOT remote
  ORDER BY last_error_time DESC`
