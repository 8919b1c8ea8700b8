import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lockForGood } from './directory-lock.ts'

const root = mkdtempSync(join(tmpdir(), 'weir-lock-'))
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true })
})

async function owner(): Promise<{ directory: string; child: ChildProcess }> {
  const directory = mkdtempSync(join(root, 'data-'))
  const child = fork(new URL('../testing/lock-child.ts', import.meta.url), [directory])
  children.push(child)
  await once(child, 'message')
  return { directory, child }
}

test('a directory that a living process owns, by whatever path', async () => {
  const { directory, child } = await owner()
  const link = `${directory}-link`
  symlinkSync(directory, link)
  for (const path of [directory, link]) {
    await expect(lockForGood(path, 0)).rejects.toMatchObject({
      code: 'DIRECTORY_IN_USE',
      directory: path,
      message: expect.stringContaining(`process ${child.pid}`),
    })
  }
})

test('a process that is just ending is waited for', async () => {
  const { directory, child } = await owner()
  const locked = lockForGood(directory, 20_000)
  child.send('end')
  await locked
  // A process that has ended cannot be signalled, once its parent knows.
  await expect.poll(() => child.exitCode).toBe(0)
})

test('a process that was killed owns nothing', async () => {
  const { directory, child } = await owner()
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await lockForGood(directory, 0)
  await lockForGood(directory, 0)
})

test('a damaged lock is mended, and still held where it is', async () => {
  const { directory, child } = await owner()
  writeFileSync(join(directory, 'weir-lock'), 'damage'.repeat(1000))
  await expect(lockForGood(directory, 0)).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' })
  writeFileSync(join(directory, 'weir-lock'), 'damage'.repeat(1000))
  child.kill('SIGKILL')
  await once(child, 'exit')
  await lockForGood(directory, 0)
})

test('of several processes that find an ended one, one becomes the owner', async () => {
  const { directory, child } = await owner()
  child.kill('SIGKILL')
  await once(child, 'exit')
  const started = Array.from({ length: 4 }, () =>
    fork(new URL('../testing/lock-child.ts', import.meta.url), [directory], { stdio: 'ignore' }),
  )
  children.push(...started)
  const outcomes = await Promise.all(
    started.map((other) =>
      Promise.race([once(other, 'message').then(() => 'owner'), once(other, 'exit').then(() => 'refused')]),
    ),
  )
  expect(outcomes.toSorted()).toEqual(['owner', 'refused', 'refused', 'refused'])
})
