import { expect, test } from 'vitest'
import type { Segment } from '../wal/segment.ts'
import { Tokens } from './tokens.ts'

function segment(recovered: boolean, openedAgo: number): Segment {
  const name = `${String(Date.now() - openedAgo).padStart(14, '0')}-name`
  return { name, directory: '/none', columns: [], bytes: 1, rows: 1, rejected: 0, recovered }
}

test('the first try of a segment has its name, and asks nobody', async () => {
  const tokens = new Tokens(() => Promise.reject(new Error('asked')))
  const first = segment(false, 60_000)
  expect(await tokens.next(first)).toBe(first.name)
  await expect(tokens.next(first)).rejects.toThrow('asked')
})

test('a repetition has the same token while the server runs on, and another one after it was started again', async () => {
  let uptime = 3_600_000
  const tokens = new Tokens(async () => uptime)
  const repeated = segment(false, 60_000)
  const tries = [await tokens.next(repeated), await tokens.next(repeated), await tokens.next(repeated)]
  expect(new Set(tries)).toEqual(new Set([repeated.name]))
  uptime = 0
  const later = [await tokens.next(repeated), await tokens.next(repeated)]
  for (const token of later) expect(token).toMatch(new RegExp(`^${repeated.name}-[0-9a-f]{12}$`))
  uptime = 3_600_000
  expect(await tokens.next(repeated)).toBe(later[1])
})

test('a segment that was left keeps its name only if the server is older', async () => {
  const tokens = new Tokens(async () => 100_000)
  const young = segment(true, 50_000)
  const old = segment(true, 200_000)
  expect(await tokens.next(young)).toBe(young.name)
  expect(await tokens.next(old)).not.toBe(old.name)
  const openedBeforeTheClockWasSetBack = segment(true, -86_400_000)
  expect(await tokens.next(openedBeforeTheClockWasSetBack)).not.toBe(openedBeforeTheClockWasSetBack.name)
})

test('a segment that is stored is forgotten', async () => {
  const tokens = new Tokens(async () => 0)
  const stored = segment(false, 0)
  await tokens.next(stored)
  tokens.forget(stored)
  expect(await tokens.next(stored)).toBe(stored.name)
})
