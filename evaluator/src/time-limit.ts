/**
 * The result of `work`, or an error if it takes longer than the limit. The work itself goes on.
 * @param toError - the error; default: one that says how long was allowed
 */
export async function withTimeLimit<T>(
  work: T | PromiseLike<T>,
  limitMs: number,
  toError: () => Error = () => new Error(`it took longer than ${limitMs} ms`),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(toError()), limitMs)
  })
  try {
    return await Promise.race([work, timeUp])
  } finally {
    clearTimeout(timer)
  }
}
