import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mountSmallFilesystem } from '@weir/engines/testing'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
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

const CHILD = `
  import { Log } from '${new URL('./log.ts', import.meta.url)}'
  const log = new Log('info')
  log.info({}, 'while it is full')
  log.info({}, 'also then')
  process.send('written')
  process.once('message', () => {
    log.info({}, 'with room')
    process.disconnect()
  })`

test('a collector whose output goes to a file on a full disk lives on, and its lines come when there is room', async ({
  skip,
}) => {
  vi.useRealTimers()
  const disk = mountSmallFilesystem(64 * 1024)
  if (disk === undefined) return skip('this process may not mount a file system')
  onTestFinished(disk.unmount)
  const { directory } = disk
  const filler = join(directory, 'filler')
  const output = openSync(join(directory, 'output'), 'w')
  expect(() => writeFileSync(filler, Buffer.alloc(128 * 1024))).toThrow('ENOSPC')
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD], {
    stdio: ['ignore', output, 'inherit', 'ipc'],
  })
  await once(child, 'message')
  rmSync(filler)
  child.send('room')
  const [code] = await once(child, 'exit')
  closeSync(output)
  expect(code).toBe(0)
  const lines = readFileSync(join(directory, 'output'), 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    'while it is full',
    'also then',
    'with room',
  ])
})
