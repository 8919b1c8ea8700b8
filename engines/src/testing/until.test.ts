import { expect, test } from 'vitest'
import { until } from './until.ts'

test('the first answer that is as expected is returned; errors are no answers', async () => {
  let asked = 0
  const ask = () => {
    if (++asked < 3) throw new Error('not yet')
    return asked
  }
  expect(await until(ask, (answer) => answer > 3, { intervalMs: 1 })).toBe(4)
})

test('a failure says what was expected, what came last and how long it waited', async () => {
  const short = { timeoutMs: 5, intervalMs: 1 }
  const wrong = until(
    () => [{ runs: 7616n }],
    ([row]) => row!.runs === 7617n,
    short,
  )
  await expect(wrong).rejects.toThrow(
    /^expected .*runs === 7617n; after \d+ ms the last answer was \[{"runs":"7616"}\]$/,
  )
  const failing = until(
    () => Promise.reject(new Error('refused')),
    () => true,
    { ...short, expected: 'a row' },
  )
  await expect(failing).rejects.toThrow(
    /^expected a row; after \d+ ms the last answer was an error: refused$/,
  )
})
