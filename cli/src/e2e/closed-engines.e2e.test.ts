import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Installation, run, startInstallation, until, WEIR } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAlive } from '../supervisor/running-process.ts'
import { sendSpans } from './send-spans.ts'

let weir: Installation

beforeAll(async () => {
  weir = await startInstallation()
})

afterAll(() => weir?.[Symbol.asyncDispose]())

const secret = (name: string) => readFileSync(join(weir.home, name), 'utf8').trim()
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
/** As every reader counts: an insert whose answer was lost with ClickHouse is repeated, and equal rows are one span. */
const stored = () => weir.query<{ n: number }>('SELECT count() AS n FROM spans FINAL')

/** What the embedded Valkey answers, as raw RESP. */
function valkey(...commands: string[]): Promise<string> {
  const { hostname, port } = new URL(secret('valkey.url'))
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), hostname, () =>
      socket.write(`${[...commands, 'QUIT'].join('\r\n')}\r\n`),
    )
    socket.setEncoding('utf8').on('data', (data) => (text += data))
    socket.on('close', () => resolve(text)).on('error', reject)
  })
}

test('the secrets are in the home, and both are closed to other users', () => {
  expect(mode(weir.home)).toBe('700')
  for (const name of ['clickhouse.url', 'valkey.url', 'queue.key'])
    expect(mode(join(weir.home, name))).toBe('600')
  expect(secret('clickhouse.url')).toMatch(/^http:\/\/weir:[0-9a-f]{48}@127\.0\.0\.1:\d+$/)
  expect(secret('valkey.url')).toMatch(/^redis:\/\/default:[0-9a-f]{48}@127\.0\.0\.1:\d+$/)
})

test('nobody gets in without them', async () => {
  const { origin } = new URL(secret('clickhouse.url'))
  const response = await fetch(origin, { method: 'POST', body: 'SELECT 1' })
  expect(response.status).toBe(403)
  expect(await valkey('SET a 1')).toContain('-NOAUTH')
})

test('weir sql reads with the secrets of the home, and only reads', async () => {
  expect(await weir.weir(['sql', "SELECT 1 AS a, 'x\\ty' AS b"])).toEqual({
    code: 0,
    stdout: 'a\tb\n1\tx\\ty\n',
    stderr: '',
  })
  const json = await weir.weir(['sql', '--format', 'JSONEachRow', 'SELECT count() AS n FROM runs FINAL'])
  expect(JSON.parse(json.stdout)).toHaveProperty('n')
  for (const [statement, message] of [
    ['DROP TABLE runs', 'readonly'],
    ['INSERT INTO flows VALUES (1)', 'readonly'],
    ['SELEC 1', 'Syntax error'],
    ['', 'no statement came'],
    ["SELECT file('/etc/passwd')", 'reach no files'],
  ]) {
    const { code, stdout, stderr } = await weir.weir(['sql', statement!])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
  }
})

test('a command without the home says what is missing', async () => {
  const { origin } = new URL(secret('clickhouse.url'))
  const command = ['sql', 'SELECT 1']
  const { code, stderr } = await run([WEIR, ...command], { ...weir.env, WEIR_CLICKHOUSE_URL: origin })
  expect(code).toBe(3)
  expect(stderr).toContain('set WEIR_HOME')
})

test('no command line, log, status or page of help shows a password', async () => {
  const passwords = ['clickhouse.url', 'valkey.url'].map((name) => new URL(secret(name)).password)
  passwords.push(secret('queue.key'))
  const { stdout: status } = await weir.weir(['status'])
  const { stdout: json } = await weir.weir(['status', '--json'])
  const { stdout: doctor } = await weir.weir(['doctor'])
  const logs = readdirSync(join(weir.home, 'log')).map((name) =>
    readFileSync(join(weir.home, 'log', name), 'utf8'),
  )
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
  for (const text of [weir.output(), status, json, doctor, ...logs, ...commands])
    for (const password of passwords) expect(text).not.toContain(password)
})

test('after kill -9 of everything but the queue server, weir up starts again, with the same passwords', async () => {
  expect(await sendSpans(weir.collectorUrl, 100)).toBe(200)
  await until(stored, ([row]) => row?.n === 100)
  const password = new URL(secret('clickhouse.url')).password
  const info = await valkey(`AUTH ${new URL(secret('valkey.url')).password}`, 'INFO server')
  const server = Number(/process_id:(\d+)/.exec(info)![1])
  const pids = readdirSync(join(weir.home, 'run'))
    .filter((name) => name.endsWith('.pid'))
    .map((name) => Number(readFileSync(join(weir.home, 'run', name), 'utf8')))
  expect(pids).toHaveLength(6)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await until(
    async () => pids.filter(isAlive),
    (alive) => alive.length === 0,
  )
  expect(isAlive(server)).toBe(true)
  expect((await weir.weir(['doctor'])).stdout).toContain(`has left (pid ${server}): weir up ends it`)
  await weir.restart()
  expect(isAlive(server)).toBe(false)
  expect(new URL(secret('clickhouse.url')).password).toBe(password)
  expect((await stored())[0]!.n).toBe(100)
})

test('a home of before gets its secrets at the next start; damaged locks and queue files stop nothing', async () => {
  await weir.stop()
  await chmod(weir.home, 0o755)
  for (const name of ['clickhouse.url', 'valkey.url', 'queue.key']) writeFileSync(join(weir.home, name), '')
  for (const lock of ['clickhouse/weir-lock', 'wal/lock'])
    writeFileSync(join(weir.home, lock), 'damage'.repeat(1000))
  const files = join(weir.home, 'valkey', 'appendonlydir')
  for (const name of readdirSync(files)) writeFileSync(join(files, name), 'damage'.repeat(1000))
  await weir.restart()
  expect(mode(weir.home)).toBe('700')
  expect(new URL(secret('valkey.url')).password).toMatch(/^[0-9a-f]{48}$/)
  expect((await stored())[0]!.n).toBe(100)
  expect((await weir.weir(['status'])).code).toBe(0)
  expect(readFileSync(join(weir.home, 'log', 'valkey.log'), 'utf8')).toContain('was set aside as')
})
