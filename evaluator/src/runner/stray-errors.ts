import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../errors.ts'

/** Told what its work did to the process outside of its promise: an error in a timer, a rejection, an exit. */
type Blame = (message: string) => void

const blamed = new AsyncLocalStorage<Blame>()

/** Work of the user's code called process.exit. */
class ExitError extends Error {
  override readonly name = 'ExitError'
}

/** Told what belongs to no trial, in a process that is guarded. */
let onUnowned: Blame = () => {}

/**
 * Runs work of the user's code. An error that it throws outside of its promise rejects the result too; one that it throws once it
 * has ended goes to `onLate`; without it, it belongs to no trial.
 */
export async function guarded<T>(
  work: () => T | PromiseLike<T>,
  onLate: Blame = (message) => onUnowned(message),
): Promise<T> {
  const stray = Promise.withResolvers<never>()
  let hasEnded = false
  const blame: Blame = (message) => {
    if (hasEnded) onLate(message)
    else stray.reject(new StrayError(message))
  }
  try {
    const result = await Promise.race([blamed.run(blame, async () => work()), stray.promise])
    // A rejection that nobody handles is told after the microtasks.
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), stray.promise])
    return result
  } finally {
    hasEnded = true
  }
}

/** What {@link guarded} rejects with when its work threw outside of its promise. */
export class StrayError extends Error {
  override readonly name = 'StrayError'
}

/**
 * Lets this process live on when user's code throws in a timer, rejects without a handler or calls `process.exit`: whoever ran it with
 * {@link guarded} is told. An error of nobody ends the process, as it would without this.
 * @param unowned told of a call of `process.exit` by nobody, and of what work did that had ended
 */
export function guardProcess(unowned: (message: string) => void): void {
  onUnowned = unowned
  const exit = process.exit.bind(process)
  const tell = (error: unknown, what: string): void => {
    if (error instanceof ExitError) return
    const blame = blamed.getStore()
    if (blame !== undefined) {
      blame(`${what}: ${messageOf(error)}`)
      return
    }
    console.error(error)
    exit(1)
  }
  process.on('uncaughtException', (error) => tell(error, 'An error was thrown outside of its promise'))
  process.on('unhandledRejection', (error) => tell(error, 'A promise was rejected that nobody waited for'))
  process.exit = (code) => {
    const message = `process.exit(${code ?? ''}) was called.`
    const blame = blamed.getStore() ?? onUnowned
    blame(message)
    throw new ExitError(message)
  }
}

const QUIET_MS = 1_000
const LOOK_EVERY_MS = 10

/** Resolves when no timer is left that user's code started, since it may throw yet; not later than after a second. */
export async function untilQuiet(): Promise<void> {
  const deadlineMs = performance.now() + QUIET_MS
  const isBusy = () =>
    process.getActiveResourcesInfo().some((type) => type === 'Timeout' || type === 'Immediate')
  while (isBusy() && performance.now() < deadlineMs) await sleep(LOOK_EVERY_MS, undefined, { ref: false })
}
