import { readdir, readFile } from 'node:fs/promises'
import { expect, inject, test } from 'vitest'
import { requireKnownSchema } from './known-schema.ts'
import { migrate, toStatements } from './migrate.ts'
import { SchemaError } from './schema-error.ts'
import { recountedMinutes, storedMinutes } from './settle/testing.ts'
import { SPAN_COLUMNS } from './span-columns.ts'
import { createStore, execute, insert, rows, type Store } from './store.ts'

/** How many statements neither create, read nor insert rows that they hold. */
async function alterations(store: Store, work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const { client } = store
  const command = client.command.bind(client)
  client.command = (params) => {
    if (/^\s*(ALTER|TRUNCATE|INSERT INTO \w+[^;]*SELECT)/.test(params.query)) count++
    return command(params)
  }
  await work()
  return count
}

const NOT_WRITTEN = ['received', 'duration_ns']

test('two processes may migrate together; a third finds nothing to do', async () => {
  const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
  const store = createStore({ url: inject('clickhouseUrl'), database })
  const other = createStore({ url: inject('clickhouseUrl'), database })
  const files = (await readdir(new URL('../migrations/', import.meta.url))).sort()
  await Promise.all([migrate(store), migrate(other)])
  expect(await migrate(store)).toEqual([])
  const recorded = await rows<{ name: string }>(store, 'SELECT name FROM migrations FINAL ORDER BY name')
  expect(recorded.map((row) => row.name)).toEqual(files)

  const columns = await rows<{ name: string; type: string }>(
    store,
    `SELECT name, type FROM system.columns WHERE database = {database:String} AND table = 'spans' ORDER BY position`,
    { database },
  )
  expect(columns.filter((column) => !NOT_WRITTEN.includes(column.name))).toEqual(SPAN_COLUMNS)
  expect(columns.map((column) => column.name)).toEqual(expect.arrayContaining(NOT_WRITTEN))

  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database })
  await store.close()
  await other.close()
})

test('a new database is made by statements that create; with all others, as after an interruption, it is the same', async () => {
  const made = async (interrupt: boolean) => {
    const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
    const store = createStore({ url: inject('clickhouseUrl'), database })
    if (interrupt) {
      const admin = createStore({ url: inject('clickhouseUrl'), database: 'default' })
      await execute(admin, 'CREATE DATABASE {database:Identifier}', { database })
      const [first] = toStatements(
        await readFile(new URL('../migrations/001_settling.sql', import.meta.url), 'utf8'),
      )
      await execute(store, first!)
      await admin.close()
    }
    const altered = await alterations(store, () => migrate(store))
    const tables = await rows<{ name: string; sql: string }>(
      store,
      `SELECT name, replaceAll(create_table_query, {database:String}, '') AS sql FROM system.tables
       WHERE database = {database:String} AND NOT startsWith(name, '.') ORDER BY name`,
      { database },
    )
    const [noted] = await rows<{ times: string }>(store, 'SELECT uniqExact(applied) AS times FROM migrations')
    await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database })
    await store.close()
    return { altered, tables, times: Number(noted?.times) }
  }
  const [whole, interrupted] = [await made(false), await made(true)]
  expect(whole.tables.length).toBeGreaterThan(20)
  expect(interrupted.tables).toEqual(whole.tables)
  // All files are noted at once, or each after its statements.
  expect([whole.altered, whole.times]).toEqual([0, 1])
  expect(interrupted.times).toBeGreaterThan(1)
})

test('a file is split at the semicolons that end a line', () => {
  const sql = `-- a; comment;\nSELECT 'a;b';\n\n-- more\nSELECT 1\n;\n`
  expect(toStatements(sql)).toEqual([`SELECT 'a;b'`, 'SELECT 1'])
})

test('a database that a newer version has migrated is refused, and left as it is', async () => {
  const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
  const store = createStore({ url: inject('clickhouseUrl'), database })
  await migrate(store)
  await requireKnownSchema(store)
  const [newest] = (await readdir(new URL('../migrations/', import.meta.url))).sort().reverse()
  // The newest migration of ours has to be done again, which must not happen under the newer version's tables.
  await execute(store, 'DELETE FROM migrations WHERE name = {newest:String}', { newest })
  await insert(store, 'migrations', [{ name: '998_first.sql' }, { name: '999_later.sql' }])
  const named = new RegExp(`${database}.* 999_later .* up to ${newest!.replace('.sql', '')}\\.`)
  for (const read of [migrate, requireKnownSchema]) {
    const error = await Promise.resolve(read(store)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SchemaError)
    expect((error as SchemaError).message).toMatch(named)
  }
  const recorded = await rows<{ name: string }>(store, 'SELECT name FROM migrations FINAL')
  expect(recorded.map(({ name }) => name)).not.toContain(newest)

  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database })
  await store.close()
})

test('a database that an earlier version made is refused, and left as it is', async () => {
  const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
  const store = createStore({ url: inject('clickhouseUrl'), database })
  await migrate(store)
  await execute(store, 'TRUNCATE TABLE migrations')
  await insert(store, 'migrations', [{ name: '001_spans.sql' }, { name: '006_settling.sql' }])
  for (const read of [migrate, requireKnownSchema]) {
    const error = await Promise.resolve(read(store)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SchemaError)
    expect((error as SchemaError).message).toMatch(/made by an earlier Weir.*weir export.*weir import/)
  }
  const recorded = await rows<{ name: string }>(store, 'SELECT name FROM migrations FINAL')
  expect(recorded).toHaveLength(2)

  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database })
  await store.close()
})

test('a database of the version before gets the columns of a new one, with what its rows say', async () => {
  const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
  const store = createStore({ url: inject('clickhouseUrl'), database })
  const columns = () =>
    rows(
      store,
      `SELECT table, name, type FROM system.columns WHERE database = {database:String} ORDER BY table, position`,
      { database },
    )
  const indexes = () =>
    rows(
      store,
      `SELECT table, name, expr, type_full FROM system.data_skipping_indices WHERE database = {database:String} ORDER BY table, name`,
      { database },
    )
  await migrate(store)
  const whole = [await columns(), await indexes()]
  await execute(store, 'ALTER TABLE spans DROP INDEX texts, DROP COLUMN step_role')
  await execute(store, 'ALTER TABLE runs DROP INDEX texts')
  for (const column of ['unpriced_tokens', 'model_unpriced_tokens', 'step_unpriced_tokens'])
    await execute(store, `ALTER TABLE runs DROP COLUMN ${column}`)
  for (const [table, after] of [
    ['run_minutes', 'errors'],
    ['step_minutes', 'start_offset_sum'],
  ] as const) {
    await execute(
      store,
      `ALTER TABLE ${table} DROP COLUMN unpriced_tokens, DROP COLUMN duration_values, DROP COLUMN duration_counts`,
    )
    await execute(
      store,
      `ALTER TABLE ${table} ADD COLUMN durations AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt64) AFTER ${after}`,
    )
    await execute(store, `INSERT INTO ${table} (flow, minute, slice) SELECT 'f', 0, 7`)
  }
  await execute(store, 'CREATE TABLE projects (project String) ENGINE = MergeTree ORDER BY project')
  await execute(store, 'DROP TABLE run_index_from_runs')
  await execute(store, 'DROP TABLE run_index')
  await execute(store, 'DROP TABLE resources_from_spans')
  await execute(store, 'DROP TABLE resources')
  await insert(store, 'spans', [{ resource: 'r', scope: 's' }])
  await execute(store, 'ALTER TABLE runs DROP INDEX replaces_minmax, DROP COLUMN replaces')
  await execute(store, "DELETE FROM migrations WHERE name >= '008'")
  await insert(store, 'runs', [
    {
      run_id: 'free',
      input_tokens: 7,
      output_tokens: 2,
      step_costs: [0],
      step_input_tokens: [7],
      step_output_tokens: [2],
      model_costs: [0],
      model_input_tokens: [7],
      model_output_tokens: [2],
      flow: 'f',
      duration_ns: 3_000_000_000,
      ...{
        step_names: ['s'],
        step_kinds: ['step'],
        step_statuses: ['error'],
        step_durations_ns: [1_000_000],
      },
      ...{ step_attempts: [2], step_fallbacks: [0], step_starts_ns: [5], step_unpriced_tokens: [9] },
    },
    { run_id: 'priced', input_tokens: 7, cost: 0.5 },
  ])
  expect(await migrate(store)).toEqual([
    '008_upgrade.sql',
    '009_run_index.sql',
    '010_retention.sql',
    '011_durations.sql',
    '012_resources.sql',
    '013_texts.sql',
    '014_lost_steps.sql',
    '015_upgrade.sql',
    '016_upgrade.sql',
  ])
  expect([await columns(), await indexes()]).toEqual(whole)
  expect(
    await rows(
      store,
      `SELECT run_id, unpriced_tokens AS run, step_unpriced_tokens AS steps, model_unpriced_tokens AS models
       FROM runs ORDER BY run_id`,
    ),
  ).toEqual([
    { run_id: 'free', run: 9, steps: [9], models: [9] },
    { run_id: 'priced', run: 0, steps: [], models: [] },
  ])
  expect(
    await rows(
      store,
      `SELECT DISTINCT replaces, run_id FROM runs WHERE run_key IN (SELECT run_key FROM run_index WHERE value = cityHash64('run', 'free'))`,
    ),
  ).toEqual([{ replaces: 1, run_id: 'free' }])
  expect(await rows(store, 'SELECT resource, scope FROM resources')).toEqual([{ resource: 'r', scope: 's' }])
  expect(await storedMinutes(store)).toEqual(await recountedMinutes(store))
  expect((await storedMinutes(store, 'f')).flat()).toMatchObject([
    { runs: 1, input_tokens: 7, quantiles: [2_986_344_448, 2_986_344_448, 2_986_344_448] },
    { executions: 1, errors: 1, retried: 1, offsets: 5 },
  ])
  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database })
  await store.close()
})

test('runs of an earlier version, written anew as the docs say, lie by hours, and are indexed from then on', async () => {
  const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
  const store = createStore({ url: inject('clickhouseUrl'), database })
  await migrate(store)
  const layout = () =>
    rows(
      store,
      `SELECT sorting_key FROM system.tables WHERE database = {database:String} AND name = 'runs'`,
      { database },
    )
  const [whole] = await layout()
  await execute(
    store,
    'CREATE TABLE before AS runs ENGINE = ReplacingMergeTree(settled, is_deleted) ORDER BY (project, flow, start, run_id)',
  )
  await execute(store, 'EXCHANGE TABLES before AND runs')
  await execute(store, 'DROP TABLE before')
  await insert(store, 'runs', [{ run_id: 'old', flow: 'f' }])
  expect(await layout()).not.toEqual([whole])
  const page = await readFile(new URL('../../docs/STORAGE.md', import.meta.url), 'utf8')
  const [sql] = /(?<=```sql\n)CREATE TABLE runs_by_hour.*?(?=```)/s.exec(page) ?? []
  for (const statement of toStatements(sql!)) await execute(store, statement)
  expect(await layout()).toEqual([whole])
  await insert(store, 'runs', [{ run_id: 'new', flow: 'f' }])
  const indexed = `run_key IN (SELECT run_key FROM run_index WHERE value IN (cityHash64('run', 'old'), cityHash64('run', 'new')))`
  expect(await rows(store, `SELECT run_id, replaces FROM runs WHERE ${indexed} ORDER BY run_id`)).toEqual([
    { run_id: 'new', replaces: 1 },
    { run_id: 'old', replaces: 0 },
  ])
  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database })
  await store.close()
})
