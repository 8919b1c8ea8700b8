import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilOptions {
  /** What is waited for, in words, where the condition's own text does not say it. */
  readonly expected?: string
  /** Default: two minutes. Only a broken program waits that long. */
  readonly timeoutMs?: number
  readonly intervalMs?: number
}

/**
 * Asks again and again until the answer is as expected, and returns it. An error counts as an answer that is not.
 *
 * @example await until(() => weir.query('SELECT count() AS runs FROM runs'), ([row]) => row?.runs === 5)
 * @throws Error that says what was expected, what came last and how long it waited
 */
export async function until<T>(
  ask: () => T | Promise<T>,
  isExpected: (answer: T) => boolean,
  { expected = isExpected.toString(), timeoutMs = 120_000, intervalMs = 50 }: UntilOptions = {},
): Promise<T> {
  const began = performance.now()
  for (;;) {
    const last = await attempt(ask)
    if ('answer' in last && isExpected(last.answer)) return last.answer
    const waited = Math.round(performance.now() - began)
    if (waited >= timeoutMs)
      throw new Error(`expected ${expected}; after ${waited} ms the last answer was ${describe(last)}`)
    await sleep(intervalMs)
  }
}

type Attempt<T> = { readonly answer: T } | { readonly error: unknown }

async function attempt<T>(ask: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { answer: await ask() }
  } catch (error) {
    return { error }
  }
}

function describe(last: Attempt<unknown>): string {
  if ('error' in last) return `an error: ${last.error instanceof Error ? last.error.message : last.error}`
  return JSON.stringify(last.answer, (_, value) => (typeof value === 'bigint' ? String(value) : value))
}
