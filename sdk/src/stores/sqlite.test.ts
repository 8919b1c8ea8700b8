import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { storeContract } from './contract.ts'
import { sqliteStore } from './sqlite.ts'
import type { Increments } from './testing.increment.ts'
import { checkHistories } from './testing.ts'

const directory = mkdtempSync(join(tmpdir(), 'weir-sqlite-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
let files = 0
const newFile = () => join(directory, `${files++}.db`)

describe('contract', () => {
  const requirements = storeContract((space) => sqliteStore(join(directory, space)))
  test.each(requirements)('$name', ({ run }) => run())
})

test('random histories', async () => {
  await checkHistories(async () => {
    const path = newFile()
    return [sqliteStore(path), sqliteStore(path)]
  }, 100)
})

describe('processes', () => {
  const children = Array.from({ length: 4 }, () => fork(new URL('./testing.increment.ts', import.meta.url)))
  afterAll(() => {
    for (const child of children) child.kill()
  })

  test('that make a file at once', async () => {
    for (let round = 0; round < 40; round++) {
      const order = { path: newFile(), count: 1, at: Date.now() + 20 }
      await Promise.all(children.map((child) => increment(child, order)))
      expect(await read(order.path)).toBe(4)
    }
  })

  test('that write one file at once lose nothing', async () => {
    const path = newFile()
    await Promise.all(children.map((child) => increment(child, { path, count: 300 })))
    expect(await read(path)).toBe(1200)
  })

  test('that are killed take nothing with them that they acknowledged', async () => {
    const path = newFile()
    const [killed, other] = children as [ChildProcess, ChildProcess]
    const ended = increment(other, { path, count: 300 })
    const acknowledged = await increment(killed, { path, count: 1e9 }, 200)
    killed.kill('SIGKILL')
    await Promise.all([ended, once(killed, 'exit')])
    // It went on after the 200th.
    expect(await read(path)).toBeGreaterThanOrEqual(acknowledged + 300)
  })
})

/** Resolves when the child has told that it is at `last`. */
async function increment(child: ChildProcess, order: Increments, last = order.count): Promise<number> {
  child.send(order)
  for await (const [done] of on(child, 'message', { close: ['exit'] })) if (done === last) return done
  throw new Error(`the process ended before it was at ${last}`)
}

async function read(path: string): Promise<number> {
  const store = sqliteStore(path)
  const entry = await store.get('counter')
  await store.close()
  return Number(entry?.value)
}
