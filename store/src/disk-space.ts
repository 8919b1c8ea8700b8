import { statfsSync } from 'node:fs'

/** Of a disk, in bytes; what only its administrator may use is not free. */
export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

const MIB = 1024 ** 2

/** Room for ClickHouse to merge parts, and for minutes of spans. A small disk is low when a tenth of it is left. */
const LOW_BYTES = 2048 * MIB
const LOW_SHARE = 0.1
/** Below it an insert can fail, and no process of Weir can be sure to start. */
const FULL_BYTES = 16 * MIB

/** The disk that holds a directory; undefined where the system does not tell. */
export function directorySpace(directory: string): DiskSpace | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(directory)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch {
    return undefined
  }
}

export function isDiskFull({ freeBytes }: DiskSpace): boolean {
  return freeBytes < FULL_BYTES
}

/** What is wrong with the room on a disk; undefined where there is enough. @param where the directory on it */
export function diskProblem(space: DiskSpace | undefined, where: string): string | undefined {
  if (space === undefined) return undefined
  const left = `${formatSpace(space)} left`
  if (isDiskFull(space)) return `the disk of ${where} is full: ${left}`
  const low = Math.min(LOW_BYTES, space.totalBytes * LOW_SHARE)
  return space.freeBytes < low ? `the disk of ${where} is nearly full: ${left}` : undefined
}

/** @example "35 MB of 400 MB" */
export function formatSpace({ freeBytes, totalBytes }: DiskSpace): string {
  return `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)}`
}

function formatBytes(bytes: number): string {
  return bytes < 10 * 1024 * MIB ? `${Math.floor(bytes / MIB)} MB` : `${Math.floor(bytes / 1024 / MIB)} GB`
}
