import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { expect, test } from 'vitest'
import { run, useProcesses } from '../testing/clickhouse-process.ts'

const { start } = useProcesses()

test.runIf(process.platform === 'linux')('merges give way to inserts and queries', async () => {
  const { url, child } = await start('yielding')
  const threads = readdirSync(`/proc/${child.pid}/task`).map(Number)
  const nameOf = (thread: number) => readFileSync(`/proc/${child.pid}/task/${thread}/comm`, 'utf8').trimEnd()
  const merging = threads.filter((thread) => nameOf(thread) === 'MergeMutate')
  expect(merging.length).toBeGreaterThan(0)
  expect(merging.map((thread) => getPriority(thread))).toEqual(merging.map(() => 10))
  expect(getPriority(child.pid!)).toBe(getPriority(process.pid))
  expect(await run(url, 'SELECT count() FROM system.tables WHERE is_temporary')).toBe('0')
})
