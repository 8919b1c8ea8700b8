import { readdir, readFile, stat } from 'node:fs/promises'
import { type BlockRecord, decodeIndex, FORMAT, formatOf } from './block-index.ts'
import { LogFormatError } from './log-format-error.ts'
import type { Quarantine } from './quarantine.ts'
import { blocksPath, indexPath, removeSegment, type Segment, segmentNames } from './segment.ts'

/**
 * The segments that the processes before have left, oldest first; those that were counted as finished are removed.
 * @throws LogFormatError where one is of a newer format; nothing is changed then
 */
export async function recoverSegments(
  directory: string,
  counted: readonly string[],
  quarantine: Quarantine,
): Promise<Segment[]> {
  const names = segmentNames(await readdir(directory))
  await requireKnownFormats(directory, names)
  const found: Segment[] = []
  for (const name of names) {
    const segment = counted.includes(name) ? undefined : await readSegment(directory, name, quarantine)
    if (segment === undefined) await removeSegment({ directory, name })
    else found.push(segment)
  }
  return found
}

async function requireKnownFormats(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = indexPath({ directory, name })
    const format = formatOf(await readIndex(path))
    if (format !== undefined && format !== FORMAT) throw new LogFormatError(path, format, FORMAT)
  }
}

/** Undefined where there is nothing in it. */
async function readSegment(
  directory: string,
  name: string,
  quarantine: Quarantine,
): Promise<Segment | undefined> {
  const bytes = await sizeOf(blocksPath({ directory, name }))
  const index = decodeIndex(await readIndex(indexPath({ directory, name })))
  if (index === undefined) {
    if (bytes > 0) await quarantine.addWhole({ directory, name }, bytes)
    return undefined
  }
  const { columns, records } = index
  const whole = withoutTorn(records, bytes).filter((record) => record !== undefined)
  if (bytes === 0 && whole.length === 0) return undefined
  const rows = whole.reduce((sum, record) => sum + record.rows, 0)
  const rejected = whole.reduce((sum, record) => sum + record.rejected, 0)
  return { name, directory, columns, bytes, rows, rejected, recovered: true }
}

/**
 * Drops the last record where its block is not whole: both were on their way to the disk when the power went, so that
 * nothing of it was acknowledged.
 */
export function withoutTorn(
  records: readonly (BlockRecord | undefined)[],
  bytes: number,
): readonly (BlockRecord | undefined)[] {
  const last = records.at(-1)
  return last && last.offset < bytes && last.offset + last.length > bytes ? records.slice(0, -1) : records
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

async function readIndex(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
