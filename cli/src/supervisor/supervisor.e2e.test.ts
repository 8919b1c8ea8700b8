import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:http2'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, type Installation, run, startInstallation, until, WEIR } from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pidFile, readPid } from './home.ts'
import { isAlive } from './running-process.ts'

const PROCESSES = ['clickhouse', 'valkey', 'collector', 'worker', 'dashboard'] as const

interface Status {
  readonly supervisor: number | null
  readonly processes: readonly {
    name: string
    state: string
    pid?: number
    restarts: number
    residentBytes?: number
  }[]
  readonly stored: { spans: number } | null
}

let weir: Installation

beforeAll(async () => {
  weir = await startInstallation()
})

afterAll(() => weir?.[Symbol.asyncDispose]())

async function status(): Promise<Status> {
  return JSON.parse((await weir.weir(['status', '--json'])).stdout) as Status
}

function pids(): number[] {
  return PROCESSES.map((name) => readPid(pidFile(weir.home, name))!)
}

/** The answer to an empty call: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
async function exportNothing(url: string): Promise<unknown> {
  const session = connect(url)
  const stream = session.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.end(Buffer.alloc(5)).resume()
  const [trailers] = await once(stream, 'trailers')
  session.close()
  return trailers['grpc-status']
}

async function send(name: string): Promise<void> {
  const now = `${Date.now()}000000`
  const hex = Buffer.from(name.padEnd(16, '.')).toString('hex')
  const span = { traceId: hex, spanId: hex.slice(0, 16), name, startTimeUnixNano: now, endTimeUnixNano: now }
  const response = await fetch(`${weir.collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
  expect(response.status).toBe(200)
}

test('the ready line names where gRPC is served, and there it is', async () => {
  const [, url] = /^weir is ready .* gRPC (\S+)$/m.exec(weir.output())!
  expect(await exportNothing(url!)).toBe('0')
})

describe('weir up', () => {
  test('ends its start with the URLs, one status line per process before', () => {
    const lines = weir.output().trim().split('\n')
    expect(lines.at(-1)).toBe(
      `weir is ready  dashboard ${weir.dashboardUrl}  OTLP ${weir.collectorUrl}/v1/traces  gRPC http://127.0.0.1:${weir.env.WEIR_OTLP_GRPC_PORT}`,
    )
    for (const name of PROCESSES)
      expect(lines.some((line) => line.includes(name) && line.includes('pid'))).toBe(true)
  })

  test('shows every process in weir status', async () => {
    const { supervisor, processes, stored } = await status()
    expect(isAlive(supervisor!)).toBe(true)
    expect(processes.map(({ name, state }) => [name, state])).toEqual(
      PROCESSES.map((name) => [name, 'ready']),
    )
    expect(processes.map(({ pid }) => pid)).toEqual(pids())
    expect(stored?.spans).toBe(0)
    const total = processes.reduce((sum, { residentBytes = 0 }) => sum + residentBytes, 0)
    expect(total).toBeGreaterThan(1e8)
    expect(total).toBeLessThan(1.2e9)
  })

  test('writes a log per process', () => {
    for (const name of PROCESSES) {
      expect(readFileSync(join(weir.home, 'log', `${name}.log`), 'utf8')).toContain('is ready at')
    }
  })

  test('refuses a second one on the same home', async () => {
    const { supervisor } = await status()
    const second = await run([WEIR, 'up'], { ...weir.env, WEIR_CLICKHOUSE_URL: '', WEIR_REDIS_URL: '' })
    expect(second).toMatchObject({ code: 2 })
    expect(second.stderr).toContain(`weir is already running on ${weir.home} (pid ${supervisor})`)
  })

  test.each(PROCESSES)('starts %s again after kill -9', async (name) => {
    const before = readPid(pidFile(weir.home, name))!
    process.kill(before, 'SIGKILL')
    await until(status, ({ processes }) =>
      processes.every((row) => row.state === 'ready' && (row.name !== name || row.restarts === 1)),
    )
    expect(readPid(pidFile(weir.home, name))).not.toBe(before)
  })

  test('stops everything on SIGTERM and finds the data again', async () => {
    await send('kept')
    const before = pids()
    expect(await weir.stop()).toBe(0)
    expect(before.filter(isAlive)).toEqual([])
    expect([...PROCESSES, 'weir'].filter((name) => existsSync(pidFile(weir.home, name)))).toEqual([])
    expect((await weir.weir(['status'])).code).toBe(3)
    await weir.restart()
    await until(status, ({ stored }) => stored?.spans === 1)
  })

  test('survives its own kill -9: the children end, and the next start is not in their way', async () => {
    await send('kept too')
    const { supervisor } = await status()
    const before = pids()
    process.kill(supervisor!, 'SIGKILL')
    await until(
      async () => before.filter(isAlive),
      (alive) => alive.length === 0,
    )
    await weir.restart()
    await until(status, ({ stored }) => stored?.spans === 2)
  })
})

describe('a process that cannot start', () => {
  test.each([
    ['up', 'WEIR_OTLP_HTTP_PORT'],
    ['up', 'WEIR_OTLP_GRPC_PORT'],
    ['collector', 'WEIR_OTLP_HTTP_PORT'],
    ['collector', 'WEIR_OTLP_GRPC_PORT'],
  ])('weir %s names a busy port, who has it, and %s', async (command, variable) => {
    const home = await mkdtemp(join(tmpdir(), 'weir-busy-'))
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const busy = String((server.address() as { port: number }).port)
    const [http, grpc, dashboard, clickhouse, valkey, worker] = (await freePorts(6)).map(String)
    const completed = await run([WEIR, command], {
      PATH: process.env.PATH,
      WEIR_HOME: home,
      WEIR_OTLP_HTTP_PORT: http,
      WEIR_OTLP_GRPC_PORT: grpc,
      WEIR_DASHBOARD_PORT: dashboard,
      WEIR_EMBEDDED_CLICKHOUSE_PORT: clickhouse,
      WEIR_EMBEDDED_VALKEY_PORT: valkey,
      WEIR_WORKER_PORT: worker,
      [variable]: busy,
    })
    server.close()
    expect(completed.code).toBe(2)
    expect(completed.stderr).toContain(`port ${busy} (collector) is busy`)
    expect(completed.stderr).toContain(variable)
    expect(existsSync(pidFile(home, 'weir'))).toBe(false)
    await rm(home, { recursive: true, force: true })
  })
})
