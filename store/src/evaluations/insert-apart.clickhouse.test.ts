import { expect, it } from 'vitest'
import { execute } from '../store.ts'
import { useStore } from '../testing.ts'
import { insertResults, listResults } from './results.ts'
import { getRunScores, insertScores } from './scores.ts'
import type { Result, Score } from './types.ts'

const store = useStore()

const score = (runId: string, rest: Partial<Score> = {}): Score => ({
  ...{ runId, source: 'monitor', author: 'm', name: 'run.toSucceed()', kind: 'check', flow: 'research' },
  ...{ runStartUnixNano: 1_795_158_488_000_000_001n, outcome: 'failed', score: 0, reason: 'because' },
  ...rest,
})

const result = (caseId: string, rest: Partial<Result> = {}): Result => ({
  ...{ experimentId: 'e', caseId, trial: 0, kind: 'task', name: '', outcome: 'passed', score: 1, reason: '' },
  ...{ runId: 'r', durationNs: 1 },
  ...rest,
})

it('half an emoji in a text is stored as U+FFFD', async () => {
  const half = score('half', {
    author: '\ud83d m',
    name: 'a \ude00',
    flow: '\ud83d\ude00',
    reason: 'b \ud83d',
  })
  await insertScores(store(), [half])
  expect(await getRunScores(store(), { runId: 'half' })).toMatchObject([
    { author: '\ufffd m', name: 'a \ufffd', flow: '😀', reason: 'b \ufffd' },
  ])
})

it('so it is in a result, whose other texts are stored as they are', async () => {
  const [name, reason] = ['a \ude00', '\0 \ufffe\ud83d\n`ü`']
  await insertResults(store(), [
    result('half', { experimentId: 'h', kind: 'check', name, reason, score: Number.NaN }),
  ])
  const [read] = await listResults(store(), { experimentId: 'h' })
  expect(read).toMatchObject({ name: 'a \ufffd', reason: '\0 \ufffe\ufffd\n`ü`', score: 0 })
})

it('the last instant that a span can have started at is stored', async () => {
  const runStartUnixNano = 2n ** 63n - 1n
  await insertScores(store(), [score('late', { runStartUnixNano })])
  expect(await getRunScores(store(), { runId: 'late' })).toMatchObject([{ runStartUnixNano }])
})

it('results that cannot be stored keep out no other, and say in their place why', async () => {
  const results = Array.from({ length: 40 }, (_, index) => result(`case ${index}`))
  // No UInt64.
  const long = { durationNs: 1e30 }
  results[7] = result('case 7', long)
  results[8] = result('case 8', { ...long, kind: 'check', name: 'c' })
  const stored = await insertResults(store(), results)
  const reason = 'Could not be stored: expected a duration of 0 to 2^64 ns, got 1e+30'
  expect(stored[7]).toEqual({ ...results[7], outcome: 'error', score: 0, reason, durationNs: 0 })
  expect(stored[8]).toEqual({ ...results[8], outcome: 'unverifiable', score: 0, reason, durationNs: 0 })
  expect(stored.filter((row, index) => row === results[index])).toHaveLength(38)
  const read = await listResults(store(), { experimentId: 'e' })
  expect(new Map(read.map((row) => [row.caseId, row]))).toEqual(
    new Map(stored.map((row) => [row.caseId, row])),
  )
})

it('a score that is refused in its place too is left out, and the others are stored', async () => {
  await execute(store(), "ALTER TABLE scores ADD CONSTRAINT c CHECK name != 'refused'")
  const scores = [score('a'), score('b', { name: 'refused' }), score('c')]
  const stored = await insertScores(store(), scores)
  expect(stored.map((row, index) => row === scores[index])).toEqual([true, false, true])
  const read = await Promise.all(['a', 'b', 'c'].map((runId) => getRunScores(store(), { runId })))
  expect(read.map(({ length }) => length)).toEqual([1, 0, 1])
})

it('where not one row is taken, and where the table or ClickHouse is away, it is no fault of a row', async () => {
  const refused = [score('d', { name: 'refused' }), score('e', { name: 'refused' })]
  await expect(insertScores(store(), refused)).rejects.toThrow('is violated')
  await execute(store(), 'RENAME TABLE scores TO gone')
  await expect(insertScores(store(), [score('f')])).rejects.toThrow('scores')
})
