import { StepTimeoutError } from './errors.ts'

/** Waits; rejects with the signal's reason as soon as it aborts. */
export function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (milliseconds <= 0 && !signal?.aborted) return Promise.resolve()
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** What an attempt may take, and who may stop it. */
export interface Limits {
  readonly step: string
  /** Milliseconds. */
  readonly timeout: number | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Runs `work` and settles as it does, or rejects at once when the time is up or the caller's signal aborts.
 * Work that ignores the signal it is given goes on unheard.
 */
export function limited<T>(limits: Limits, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  const { step, timeout, signal } = limits
  const controller = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const stop = (reason: unknown) => {
      controller.abort(reason)
      reject(reason)
    }
    const onAbort = () => stop(signal?.reason)
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    const timer =
      timeout === undefined ? undefined : setTimeout(() => stop(new StepTimeoutError(step, timeout)), timeout)
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    // The promise settles first, so that work which an abort made fail is not mistaken for the reason.
    new Promise<T>((done) => done(work(controller.signal))).then(resolve, reject).finally(settle)
  })
}

/** Someone's `AbortSignal` ended it: that is a cancellation, not a failure. */
export function isCancellation(error: unknown, signal?: AbortSignal): boolean {
  if (signal?.aborted && error === signal.reason) return true
  try {
    return (error as { name?: unknown } | null | undefined)?.name === 'AbortError'
  } catch {
    return false
  }
}
