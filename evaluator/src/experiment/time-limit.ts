/** The result of `work`, or an error if it takes longer than its limit; the work itself cannot be ended. */
export async function timeLimited<T>(work: T | PromiseLike<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([work, timeUp])
  } finally {
    clearTimeout(timer)
  }
}
