import { expect, test } from 'vitest'
import { execute, insert, rows } from '../store.ts'
import { span, spanRows, useStore } from '../testing.ts'
import { getDiskUsage } from './disk-usage.ts'

const store = useStore()

test("a table of one project is that project's", async () => {
  await insert(store(), 'spans', spanRows('alone', span('flow', 'f', 0, 10, { project: 'alone' })))
  const { tables, projects } = await getDiskUsage(store())
  const { parts: _, ...spans } = tables.find(({ table }) => table === 'spans')!
  expect(projects.filter(({ table }) => table === 'spans')).toEqual([{ ...spans, project: 'alone' }])
})

test('the rows of each project are exact, and its bytes follow from how large some of them are', async () => {
  const ofProject = (project: string, count: number, input: string) =>
    Array.from({ length: count }, (_, nth) =>
      spanRows(`${project}${nth}`, span('flow', 'f', 0, 10, { project, input })),
    ).flat()
  await insert(store(), 'spans', [
    ...ofProject('small', 300, 'x'),
    ...ofProject('large', 100, 'some words '.repeat(2_000)),
  ])
  const { tables, projects } = await getDiskUsage(store())
  const [size] = await rows<{ bytes: number; uncompressed: number }>(
    store(),
    `SELECT sum(bytes_on_disk) AS bytes, sum(data_uncompressed_bytes) AS uncompressed FROM system.parts
    WHERE active AND database = currentDatabase() AND table = 'spans'`,
  )
  const spans = tables.find(({ table }) => table === 'spans')
  expect(spans).toMatchObject({ rows: 401, diskBytes: size!.bytes, uncompressedBytes: size!.uncompressed })
  const [small, large] = projects.filter(({ table }) => table === 'spans')
  expect([small, large]).toMatchObject([
    { project: 'small', rows: 300 },
    { project: 'large', rows: 100 },
  ])
  const all = projects.filter(({ table }) => table === 'spans').reduce((sum, one) => sum + one.diskBytes, 0)
  expect(Math.abs(all - size!.bytes)).toBeLessThan(3)
  // 2.2 of 2.4 MB and more: a share of rows would be a quarter.
  expect(large!.uncompressedBytes / size!.uncompressed).toBeGreaterThan(0.9)
})

test('counting the projects of a table reads their names and no more', async () => {
  await execute(
    store(),
    `INSERT INTO spans (project, trace_id, span_id, input) SELECT 'many', toString(number), 's', repeat('input ', 200) FROM numbers(100000)`,
  )
  await getDiskUsage(store())
  await execute(store(), 'OPTIMIZE TABLE spans FINAL')
  const usage = await getDiskUsage(store())
  expect(usage.projects.find(({ project, table }) => project === 'many' && table === 'spans')?.rows).toBe(
    100_000,
  )
  expect(usage.tables[0]).toMatchObject({ table: 'spans' })
})
