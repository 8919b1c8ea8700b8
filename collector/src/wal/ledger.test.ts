import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { Ledger, NOTHING } from './ledger.ts'
import { LedgerFile } from './ledger-file.ts'

function balance(ledger: Ledger): number {
  const { received, stored, pending, rejected } = ledger.snapshot()
  return received - stored - pending - Object.values(rejected).reduce((sum, count) => sum + count)
}

test('spans are in one account at every moment', () => {
  const ledger = new Ledger(NOTHING)
  const steps = [
    () => ledger.receive(10, 2),
    () => ledger.takeUnlogged(),
    () => ledger.receive(5, 1),
    () => ledger.refuse(5, ledger.takeUnlogged()),
    () => ledger.finish({ rejected: 2 }, { stored: 8, poison: 1, corrupt: 1 }),
  ]
  for (const step of steps) {
    step()
    expect(balance(ledger)).toBe(0)
  }
  expect(ledger.snapshot()).toEqual({
    received: 18,
    stored: 8,
    pending: 0,
    rejected: { invalid_id: 3, unavailable: 5, poison: 1, corrupt: 1 },
  })
})

test('a state of another version, which knew other reasons, is balanced too', () => {
  const older = new Ledger({ stored: 3, rejected: { invalid_id: 1 } as never })
  expect(older.snapshot()).toMatchObject({ received: 4, stored: 3, rejected: { invalid_id: 1, poison: 0 } })
  const newer = new Ledger({ stored: 3, rejected: { ...NOTHING.rejected, unheard_of: 2 } as never })
  expect(balance(newer)).toBe(0)
  expect(newer.finished(true).rejected).toMatchObject({ unheard_of: 2 })
})

test('what segments say themselves is not saved', () => {
  const ledger = new Ledger(NOTHING)
  ledger.receive(10, 4)
  const inSegment = ledger.takeUnlogged()
  ledger.receive(0, 3)
  expect(ledger.finished(false).rejected.invalid_id).toBe(0)
  expect(ledger.finished(true).rejected.invalid_id).toBe(3)
  const next = new Ledger(ledger.finished(false))
  next.recover({ rows: 10, rejected: inSegment })
  expect(next.snapshot()).toMatchObject({ received: 14, pending: 10, rejected: { invalid_id: 4 } })
  next.finish({ rejected: 4 }, { stored: 10, poison: 0, corrupt: 0 })
  expect(next.finished(false)).toMatchObject({ stored: 10, rejected: { invalid_id: 4 } })
})

test('the file keeps the last state, or the one before where the last was not written whole', async () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'ledger')
  const states = [1, 2, 3].map((stored) => ({
    totals: { ...NOTHING, stored },
    counted: [`segment-${stored}`],
  }))
  const { file, saved } = await LedgerFile.open(directory)
  expect(saved).toEqual({ totals: NOTHING, counted: [] })
  for (const state of states) await file.save(state)
  await file.close()
  const bytes = readFileSync(path)
  const read = async () => {
    const opened = await LedgerFile.open(directory)
    await opened.file.close()
    return opened.saved
  }
  expect(await read()).toEqual(states[2])
  const slot = bytes.length / 2
  const length = 16 + JSON.stringify(states[2]).length
  for (let at = slot; at < slot + length; at++) {
    const torn = Buffer.from(bytes)
    torn[at]! ^= 1
    writeFileSync(path, torn)
    expect([at, await read()]).toEqual([at, states[1]])
  }
  truncateSync(path, 0)
  expect(await read()).toEqual({ totals: NOTHING, counted: [] })
})
