import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { Store } from '@weir/store'
import type { BlockRecord } from '../wal/block-index.ts'
import {
  isDamaged,
  listFiles,
  type QuarantinedFile,
  quarantineDirectory,
  quarantinedPath,
  removeQuarantined,
  writeQuarantined,
} from '../wal/quarantine-files.ts'
import { ClickHouseWriter } from './clickhouse-writer.ts'
import { InsertError } from './insert-error.ts'
import { joined, type Part, rowsOf, wholeBlocks } from './part.ts'
import type { PartOutcome } from './part-journal.ts'
import { isDivisible, piecesOf } from './segment-body.ts'
import { SplitInsert } from './split-insert.ts'

/** Spans that were set aside together. */
export interface Quarantined {
  readonly id: string
  /** When they were set aside, in milliseconds since 1970. */
  readonly setAside: number
  /** Missing where nobody knows how many. */
  readonly spans: number | undefined
  readonly bytes: number
  readonly reason: string
}

/** What became of spans that were inserted again. */
export interface Retried {
  readonly stored: number
  /** Spans that are still set aside; missing where nobody knows how many. */
  readonly refused: number | undefined
  /** Why, where something is still set aside. */
  readonly reason: string | undefined
}

export interface RetryTarget {
  readonly walDirectory: string
  readonly store: Pick<Store, 'url' | 'database'>
}

const INSERT_TIMEOUT_MS = 60_000
/** For one file: where more spans are at fault, some stay set aside together with neighbours, until the next time. */
const INSERTS = 20_000

/** What was set aside, oldest first. Any process may ask, also beside a collector. */
export function listQuarantined(walDirectory: string): Quarantined[] {
  return listFiles(quarantineDirectory(walDirectory)).map(({ id, setAside, bytes, note }) => ({
    id,
    setAside,
    spans: note.rows,
    bytes,
    reason: note.reason,
  }))
}

/** Deletes what was set aside. Any process may, also beside a collector. */
export async function dropQuarantined(walDirectory: string, id: string): Promise<void> {
  await removeQuarantined(quarantineDirectory(walDirectory), id)
}

/**
 * Inserts again what was set aside, and removes what was stored; what is refused again stays. Any process may, also
 * beside a collector: a file is removed or replaced in one step, and the same spans sent twice are one by their ids.
 * Undefined where there is no such file any more.
 * @throws InsertError where ClickHouse cannot take spans now
 */
export async function retryQuarantined(
  { walDirectory, store }: RetryTarget,
  id: string,
): Promise<Retried | undefined> {
  const directory = quarantineDirectory(walDirectory)
  const file = listFiles(directory).find((found) => found.id === id)
  if (file === undefined) return undefined
  const { rows: spans, columns, reason } = file.note
  if (isDamaged(file) || columns === undefined)
    return { stored: 0, refused: spans, reason: `${reason}: it cannot be inserted` }
  const path = quarantinedPath(directory, id)
  const whole = wholeBlocks(await blocksOf(path, file))
  const { part, error } = await insert(store, { path, columns, token: `${id}-retry` }, whole)
  if (error === undefined) await removeQuarantined(directory, id)
  else if (rowsOf(part) < rowsOf(whole)) {
    const at = new Date(file.setAside).toISOString()
    const left = piecesOf({ path, part })
    await writeQuarantined(directory, id, left, { reason: error.message, columns, at })
  }
  return { stored: rowsOf(whole) - rowsOf(part), refused: rowsOf(part), reason: error?.message }
}

async function blocksOf(path: string, { note }: QuarantinedFile): Promise<readonly BlockRecord[]> {
  if (note.blocks !== undefined) return note.blocks
  const bytes = await readFile(path)
  return [{ offset: 0, length: bytes.length, crc: crc32(bytes), rows: note.rows ?? 0, rejected: 0 }]
}

interface Destination {
  readonly path: string
  readonly columns: readonly string[]
  readonly token: string
}

/** The rows that are refused, and the error of the first of them. */
async function insert(
  store: RetryTarget['store'],
  { path, columns, token }: Destination,
  whole: Part,
): Promise<{ readonly part: Part; readonly error: InsertError | undefined }> {
  const writer = new ClickHouseWriter({ ...store, timeout: INSERT_TIMEOUT_MS })
  const known = new Map<string, PartOutcome>()
  const split = new SplitInsert({
    insert: (part, name) => writer.insert({ path, part, columns }, `${token}-${name}`),
    isDivisible: (range) => isDivisible(path, range),
    journal: { get: (name) => known.get(name), add: async (name, outcome) => void known.set(name, outcome) },
    takesOthers: false,
    budget: INSERTS,
  })
  try {
    const refused = await split.run(whole)
    return { part: joined(refused.map(({ part }) => part)), error: refused[0]?.error }
  } catch (error) {
    if (error instanceof InsertError && error.isOfContent && !split.storesSome) return { part: whole, error }
    throw error
  } finally {
    writer.close()
  }
}
