import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Log } from './log.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function recorded(): { log: Log; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line: string) => lines.push(JSON.parse(line)) },
  )
  return { log: new Log('info', logger), lines }
}

test('a flood of one message is its first line, and how many more there were', () => {
  const { log, lines } = recorded()
  for (let left = 10_000; left > 0; left--) log.info({ statusCode: 400 }, 'request refused')
  vi.advanceTimersByTime(10_000)
  expect(lines).toEqual([
    { level: 30, statusCode: 400, msg: 'request refused' },
    { level: 30, repeated: 9_999, seconds: 10, msg: 'request refused' },
  ])
})

test('other messages and later ones are written', () => {
  const { log, lines } = recorded()
  log.info({}, 'a')
  log.error({ reason: 'full' }, 'b')
  vi.advanceTimersByTime(10_000)
  log.info({}, 'a')
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    [30, 'a'],
    [50, 'b'],
    [30, 'a'],
  ])
})
