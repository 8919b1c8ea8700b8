import { expect, test } from 'vitest'
import { Postponed } from './postponed.ts'

test('a trace that fails is left out until it could be settled, and is tried after a second, two, four, up to an hour', () => {
  let now = 0
  const postponed = new Postponed(() => now)
  const waits: number[] = []
  for (let nth = 0; nth < 15; nth++) {
    const wait = postponed.noteFailed('a')
    waits.push(wait)
    now += wait - 1
    expect(postponed.due).toBeUndefined()
    now += 1
    expect(postponed.due).toBe('a')
    expect(postponed.names).toEqual(['a'])
    expect(postponed.failed).toBe(1)
  }
  expect(waits.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000])
  expect(waits.at(-1)).toBe(3_600_000)
  postponed.noteSettled('a', 0)
  expect([postponed.names, postponed.due, postponed.failed]).toEqual([[], undefined, 0])
})

test('a large trace rests ten times as long as settling it took; a quick one does not rest', () => {
  let now = 0
  const postponed = new Postponed(() => now)
  postponed.noteSettled('slow', 5_000)
  postponed.noteSettled('quick', 400)
  now = 49_999
  expect(postponed.names).toEqual(['slow'])
  now = 50_000
  expect(postponed.names).toEqual([])
  expect([postponed.due, postponed.failed]).toEqual([undefined, 0])
})
