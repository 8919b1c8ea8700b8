import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A file of Native blocks that is complete and can be sent as it is, and its index. */
export interface Segment {
  /** Unique wherever it was written: ClickHouse knows a repeated insert by it. */
  readonly name: string
  readonly directory: string
  /** Names of the blocks' columns. */
  readonly columns: readonly string[]
  readonly bytes: number
  readonly rows: number
  /** Spans of its requests that were refused for their ids. */
  readonly rejected: number
  /** Whether an earlier process wrote it: its blocks are checked before they are sent. */
  readonly recovered: boolean
}

const BLOCKS = '.native'
const INDEX = '.index'
const TIME_DIGITS = 14

let lastTime = 0

/** Names sort by the time that the segment was opened at, those of one process also where its clock stands still. */
export function newSegmentName(now: number = Date.now()): string {
  lastTime = Math.max(now, lastTime + 1)
  return `${String(lastTime).padStart(TIME_DIGITS, '0')}-${randomBytes(10).toString('hex')}`
}

/** Milliseconds since 1970. */
export function openedAt(name: string): number {
  return Number(name.slice(0, TIME_DIGITS))
}

export function blocksPath({ directory, name }: Pick<Segment, 'directory' | 'name'>): string {
  return join(directory, name + BLOCKS)
}

export function indexPath({ directory, name }: Pick<Segment, 'directory' | 'name'>): string {
  return join(directory, name + INDEX)
}

/** What became of the parts of a segment that is inserted in parts. */
export function partsPath({ directory, name }: Pick<Segment, 'directory' | 'name'>): string {
  return join(directory, `${name}.parts`)
}

/** The names of the segments whose files these are, oldest first. */
export function segmentNames(files: readonly string[]): string[] {
  const names = files
    .filter((file) => file.endsWith(BLOCKS) || file.endsWith(INDEX))
    .map((file) => file.slice(0, file.lastIndexOf('.')))
  return [...new Set(names)].sort()
}

/** The index goes last: without blocks it means nothing, while blocks without an index would be a damage. */
export async function removeSegment(segment: Pick<Segment, 'directory' | 'name'>): Promise<void> {
  await rm(partsPath(segment), { force: true })
  await rm(blocksPath(segment), { force: true })
  await rm(indexPath(segment), { force: true })
}

/** Makes the names of new files survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
