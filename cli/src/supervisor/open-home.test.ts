import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { openHome, openHomeIfPossible } from './open-home.ts'
import { passwordOf, saveUrl } from './secrets.ts'

let root: string
let home: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-secrets-'))
  home = join(root, 'home')
})
afterEach(() => rmSync(root, { recursive: true }))

const open = (env: NodeJS.ProcessEnv = {}) => openHome(readConfig({ WEIR_HOME: home, ...env }))
const modeOf = (path: string) => statSync(path).mode & 0o777

test('the first start makes the secrets, the next ones find them', () => {
  const first = open()
  expect(first.clickhouseUrl).toMatch(/^http:\/\/weir:[0-9a-f]{48}@127\.0\.0\.1:8123$/)
  expect(first.redisUrl).toMatch(/^redis:\/\/default:[0-9a-f]{48}@127\.0\.0\.1:6379$/)
  expect(first.queueKey).toMatch(/^[0-9a-f]{64}$/)
  expect(passwordOf(first.clickhouseUrl)).not.toBe(passwordOf(first.redisUrl))
  expect(open()).toEqual(first)
  expect(readConfig({ WEIR_HOME: home })).toEqual(first)
  expect([home, join(home, 'clickhouse.url'), join(home, 'queue.key')].map(modeOf)).toEqual([
    0o700, 0o600, 0o600,
  ])
})

test('what others can read is closed to them', () => {
  open()
  chmodSync(home, 0o755)
  chmodSync(join(home, 'valkey.url'), 0o644)
  open()
  expect([modeOf(home), modeOf(join(home, 'valkey.url'))]).toEqual([0o700, 0o600])
})

test('an engine that moved keeps its password, and commands find it without the variable', () => {
  const first = open()
  const moved = open({ WEIR_EMBEDDED_CLICKHOUSE_PORT: '9001' })
  expect(passwordOf(moved.clickhouseUrl)).toBe(passwordOf(first.clickhouseUrl))
  expect(readConfig({ WEIR_HOME: home }).clickhouseUrl).toBe(first.clickhouseUrl)
  saveUrl(home, 'clickhouse', moved.clickhouseUrl)
  expect(readConfig({ WEIR_HOME: home }).clickhouseUrl).toBe(moved.clickhouseUrl)
  expect(modeOf(join(home, 'clickhouse.url'))).toBe(0o600)
})

test.each(['', 'http://weir@127.0.0.1:8123', 'damage', 'redis://a:b@c'])(
  'a URL that cannot be used is made anew: %j',
  (text) => {
    open()
    writeFileSync(join(home, 'clickhouse.url'), text)
    expect(open().clickhouseUrl).toMatch(/^http:\/\/weir:[0-9a-f]{48}@127\.0\.0\.1:8123$/)
  },
)

test('servers of the user need no secrets of ours but the key of the queue', () => {
  const config = open({ WEIR_CLICKHOUSE_URL: 'http://a:b@db:8123', WEIR_REDIS_URL: 'redis://queue' })
  expect([config.clickhouseUrl, config.redisUrl]).toEqual(['http://a:b@db:8123', 'redis://queue'])
  expect(() => readFileSync(join(home, 'clickhouse.url'))).toThrow('ENOENT')
  expect(config.queueKey).toMatch(/^[0-9a-f]{64}$/)
})

test('without a home, a process that keeps nothing there goes on only with servers of the user', () => {
  writeFileSync(home, 'a file in its place')
  const servers = { WEIR_CLICKHOUSE_URL: 'http://db:8123', WEIR_REDIS_URL: 'redis://queue' }
  const config = readConfig({ WEIR_HOME: home, ...servers })
  expect(openHomeIfPossible(config)).toEqual(config)
  expect(() => openHomeIfPossible(readConfig({ WEIR_HOME: home }))).toThrow(
    expect.objectContaining({ exitCode: 2 }),
  )
})
