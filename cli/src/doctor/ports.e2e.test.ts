import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, repository, run, WEIR } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

let directory: string
let env: NodeJS.ProcessEnv
let collector: ChildProcess

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-ports-'))
  const [http, grpc, dashboard, clickhouse, valkey, worker] = (await freePorts(6)).map(String)
  env = {
    PATH: process.env.PATH,
    WEIR_HOME: join(directory, 'home'),
    WEIR_OTLP_HTTP_PORT: http,
    WEIR_OTLP_GRPC_PORT: grpc,
    WEIR_DASHBOARD_PORT: dashboard,
    WEIR_EMBEDDED_CLICKHOUSE_PORT: clickhouse,
    WEIR_EMBEDDED_VALKEY_PORT: valkey,
    WEIR_WORKER_PORT: worker,
  }
  collector = spawn(process.execPath, [WEIR, 'collector'], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  while (!said.includes('is ready at')) said += String((await once(collector.stdout!, 'data'))[0])
})

afterAll(async () => {
  collector?.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

async function portLine(home: string = env.WEIR_HOME!): Promise<string> {
  const { stdout } = await run([WEIR, 'doctor'], { ...env, WEIR_HOME: home }, repository)
  return stdout.split('\n').find((line) => line.includes(`port ${env.WEIR_OTLP_HTTP_PORT} `))!
}

test('a process of ours that was started alone is no problem on its port', async () => {
  expect(await portLine()).toMatch(/^ok .* collector answers \(pid \d+\)$/)
})

test('one that is frozen is, and so is that of another home', async () => {
  process.kill(collector.pid!, 'SIGSTOP')
  expect(await portLine()).toMatch(/^problem .* collector is frozen: stopped by a signal/)
  process.kill(collector.pid!, 'SIGCONT')
  expect(await portLine(join(directory, 'other'))).toContain(
    `used by the collector of another Weir, on ${env.WEIR_HOME} (pid ${collector.pid})`,
  )
})
