import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, testDatabase, WEIR } from '@weir/engines/testing'
import { createStore, execute, insert, migrate, type Store } from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'

let store: Store
let directory: string
let env: NodeJS.ProcessEnv

const NOW = Date.now()
const row = (nth: number, columns: object) => ({
  project: 'default',
  run_id: `run-${nth}`,
  trace_ids: ['0123456789abcdef'],
  flow: 'research',
  status: 'ok',
  start: new Date(NOW - 60_000 * nth).toISOString().replace('T', ' ').replace('Z', ''),
  duration_ns: 2e9 * nth,
  ...columns,
})

beforeAll(async () => {
  store = createStore({ url: inject('clickhouseUrl'), database: testDatabase() })
  await migrate(store)
  directory = await mkdtemp(join(tmpdir(), 'weir-runs-'))
  env = {
    PATH: process.env.PATH,
    WEIR_HOME: join(directory, 'home'),
    WEIR_CLICKHOUSE_URL: store.url,
    WEIR_CLICKHOUSE_DATABASE: store.database,
  }
})
afterAll(async () => {
  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database: store.database })
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const weir = (...args: string[]) => run([WEIR, 'runs', ...args], env, directory)

test('a query lists its runs, page by page; one that finds none says what to loosen', async () => {
  expect((await weir('flow:research')).stdout).toBe(
    'No run is stored yet in project "default": "weir demo" makes some.\n',
  )
  await insert(store, 'runs', [
    row(1, {}),
    row(2, { status: 'error', error_type: 'Timeout', error_message: 'no answer\nfor 30 s', cost: 0.0123 }),
    row(3, { status: 'error', version: '1,2' }),
  ])
  const found = await weir('flow:research', 'status:error', 'duration>3s', 'error:ANSWER')
  expect(found.stdout).toMatch(
    /^ {2}started \(UTC\) +run +flow +version +status +duration +tokens +cost +error\n/,
  )
  expect(found.stdout).toMatch(/ run-2 +research +error +4 s +0 +\$0\.0123 +Timeout: no answer for 30 s\n$/)
  expect(found.code).toBe(0)

  const first = await weir('--order', 'slowest', '--limit', '2')
  expect(first.stdout).toMatch(/run-3 .*\n.*run-2 .*\n\nThere are more: --cursor \S+\n$/)
  const cursor = /--cursor (\S+)/.exec(first.stdout)![1]!
  const rest = JSON.parse((await weir('--order', 'slowest', '--json', '--cursor', cursor)).stdout)
  expect(rest).toMatchObject({ runs: [{ runId: 'run-1', durationNs: 2e9 }], next: null })
  expect((await weir('--', '-status:ok -version:"1,2"')).stdout).toContain('run-2')

  const none = await weir('status:error', 'version:3')
  expect(none.stdout).toBe(
    `No run of the last 24h matches status:error version:3
  without status:error: 0 runs
  without version:3: 2 runs: weir runs --last 24h -- status:error
  at any time: 0 runs
`,
  )
  expect(none.code).toBe(0)
}, 60_000)
