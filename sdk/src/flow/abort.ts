/** Waits; rejects with a signal's reason as soon as one aborts. */
export function wait(milliseconds: number, signals: readonly AbortSignal[]): Promise<void> {
  if (signals.length === 0) return new Promise((resolve) => setTimeout(resolve, milliseconds))
  let timer: ReturnType<typeof setTimeout> | undefined
  const work = () => new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
  return limited({ signals }, work).finally(() => clearTimeout(timer))
}

/** What work may take, and who may stop it. */
export interface Limits {
  /** Milliseconds. */
  readonly timeout?: number | undefined
  /** Made when the time is up. */
  readonly timeoutError?: (timeout: number) => Error
  readonly signals: readonly AbortSignal[]
}

/**
 * Runs `work` and settles as it does, or rejects at once when the time is up or a signal aborts. Work that ignores the signal
 * that it is given goes on unheard.
 */
export function limited<T>(limits: Limits, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  const { timeout, timeoutError, signals } = limits
  const controller = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const stop = (reason: unknown) => {
      controller.abort(reason)
      reject(reason)
    }
    const listeners = signals.map((signal) => ({ signal, onAbort: () => stop(signal.reason) }))
    const aborted = listeners.find(({ signal }) => signal.aborted)
    if (aborted !== undefined) return aborted.onAbort()
    for (const { signal, onAbort } of listeners) signal.addEventListener('abort', onAbort, { once: true })
    const timer = timeout === undefined ? undefined : setTimeout(() => stop(timeoutError?.(timeout)), timeout)
    const settle = () => {
      clearTimeout(timer)
      for (const { signal, onAbort } of listeners) signal.removeEventListener('abort', onAbort)
    }
    // The promise settles first, so that work which an abort made fail is not mistaken for the reason.
    new Promise<T>((done) => done(work(controller.signal))).then(resolve, reject).finally(settle)
  })
}

/**
 * One of the signals ended it: that is a cancellation. An `AbortError` of which no signal knows is a failure like any other, such
 * as that of a library whose own time was up.
 */
export function isCancellation(error: unknown, ...signals: AbortSignal[]): boolean {
  return signals.some((signal) => signal.aborted && (error === signal.reason || isAbortError(error)))
}

function isAbortError(error: unknown): boolean {
  try {
    return (error as { name?: unknown } | null | undefined)?.name === 'AbortError'
  } catch {
    return false
  }
}
