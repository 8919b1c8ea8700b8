import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InfrastructureError, UsageError, type WeirError } from '@weir/config'
import { directorySpace, formatSpace, isDiskFull } from '@weir/store'
import { isWeir, sendSignal, waitForEnd } from './running-process.ts'

/** Time that left-over children of a killed supervisor get to notice and end by themselves. */
const LEFT_OVER_MS = 5_000

export function pidFile(home: string, name: string): string {
  return join(home, 'run', `${name}.pid`)
}

export function logFile(home: string, name: string): string {
  return join(home, 'log', `${name}.log`)
}

/** Creates the directories of a home, or says why it cannot be used. */
export function prepareHome(home: string): void {
  try {
    createDirectory(join(home, 'run'))
    createDirectory(join(home, 'log'))
    for (const directory of [home, join(home, 'run'), join(home, 'log')]) {
      accessSync(directory, constants.W_OK | constants.X_OK)
    }
  } catch (cause) {
    throw unusable(home, cause as NodeJS.ErrnoException)
  }
}

function unusable(home: string, cause: NodeJS.ErrnoException): WeirError {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT') return fullDisk(home, cause.message, { cause })
  return new UsageError(
    `cannot write to ${home} (${cause.message}): make it writable or set WEIR_HOME to another directory`,
    { cause },
  )
}

function fullDisk(home: string, found: string, options?: ErrorOptions): WeirError {
  return new InfrastructureError(
    `the disk of ${home} is full (${found}): free some space and start Weir again; it goes on with what is stored there`,
    options,
  )
}

/** Throws where so little is left that processes would fail one by one, each with an error of its own. */
export function requireRoom(home: string): void {
  const space = directorySpace(home)
  if (space !== undefined && isDiskFull(space)) throw fullDisk(home, `${formatSpace(space)} left`)
}

/** Not `{ recursive: true }`: below a directory that takes none, such as /proc, that tries for ever. */
function createDirectory(path: string): void {
  if (existsSync(path)) return
  createDirectory(dirname(path))
  mkdirSync(path)
}

/** One supervisor per home: throws if another one lives. Returns the release. */
export function lockHome(home: string): () => void {
  const path = pidFile(home, 'weir')
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        rmSync(path, { force: true })
        throw unusable(home, error as NodeJS.ErrnoException)
      }
    }
    const pid = readPid(path)
    if (pid !== undefined && pid !== process.pid && isWeir(pid, ['up'])) {
      throw new UsageError(
        `weir is already running on ${home} (pid ${pid}): stop it first, or set WEIR_HOME to another directory`,
      )
    }
    rmSync(path, { force: true })
  }
}

/** The supervisor that runs on this home, undefined if none does. */
export function supervisorPid(home: string): number | undefined {
  const pid = readPid(pidFile(home, 'weir'))
  return pid !== undefined && isWeir(pid, ['up']) ? pid : undefined
}

/** Waits for what a killed supervisor left behind, and ends what does not end by itself. */
export async function endLeftOvers(
  home: string,
  processes: readonly { name: string; args: readonly string[] }[],
): Promise<string[]> {
  const ended = await Promise.all(
    processes.map(async ({ name, args }) => {
      const path = pidFile(home, name)
      const pid = readPid(path)
      const found = pid !== undefined && isWeir(pid, args)
      if (found) await endProcess(pid)
      rmSync(path, { force: true })
      return found ? [`${name} (pid ${pid})`] : []
    }),
  )
  return ended.flat()
}

async function endProcess(pid: number): Promise<void> {
  if (await waitForEnd(pid, LEFT_OVER_MS)) return
  sendSignal(pid, 'SIGTERM')
  if (await waitForEnd(pid, LEFT_OVER_MS)) return
  sendSignal(pid, 'SIGKILL')
  await waitForEnd(pid, LEFT_OVER_MS)
}

export function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
