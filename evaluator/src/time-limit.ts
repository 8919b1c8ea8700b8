/** Work took longer than it may. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError'
}

/**
 * The result of `work`, or an error if it takes longer than the limit, even if it held the event loop all that time.
 * @param work - given a signal that aborts when the time is up; work that ignores it goes on
 * @param toError - the error; default: one that says how long was allowed
 * @throws TimeLimitError by default
 */
export async function withTimeLimit<T>(
  work: (signal: AbortSignal) => T | PromiseLike<T>,
  limitMs: number,
  toError: () => Error = () => new TimeLimitError(`it took longer than ${limitMs} ms`),
): Promise<T> {
  const abort = new AbortController()
  const startedMs = performance.now()
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = toError()
      reject(error)
      abort.abort(error)
    }, limitMs)
  })
  return await Promise.race([new Promise<T>((resolve) => resolve(work(abort.signal))), timeUp]).finally(
    () => {
      clearTimeout(timer)
      if (performance.now() - startedMs > limitMs) throw toError()
    },
  )
}
