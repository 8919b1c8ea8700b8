import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'

const SHARED_MEMORY = '/dev/shm'
const PREFIX = 'weir-tests-'
/** More than all tests have in their directories at once, and in memory beside them. */
const MOST_BYTES = 8 * 2 ** 30

/**
 * A directory in memory for all that this process and its children write, removed when it ends: engines wait for the disk with
 * every insert, and a killed process loses nothing that is in memory. Undefined: there is no room, or no such place.
 */
export function memoryDirectory(): string | undefined {
  if (!hasRoom()) return undefined
  removeAbandoned()
  const directory = mkdtempSync(join(SHARED_MEMORY, `${PREFIX}${process.pid}-`))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(SHARED_MEMORY)
    return bavail * bsize >= MOST_BYTES && freemem() >= MOST_BYTES && mayExecute()
  } catch {
    return false
  }
}

/** Packages that tests install have native modules. */
function mayExecute(): boolean {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  return mounts.some((line) => {
    const [, path, , options = ''] = line.split(' ')
    return path === SHARED_MEMORY && !options.split(',').includes('noexec')
  })
}

/** What runs that were killed have left. */
function removeAbandoned(): void {
  for (const name of readdirSync(SHARED_MEMORY)) {
    const pid = Number(name.startsWith(PREFIX) && name.slice(PREFIX.length).split('-')[0])
    if (pid > 0 && !isAlive(pid)) rmSync(join(SHARED_MEMORY, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
