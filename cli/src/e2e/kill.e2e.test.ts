import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { expect, test } from 'vitest'

/** The child processes in the order of their deaths; the dashboard holds no state. */
const victims = ['collector', 'worker', 'valkey', 'clickhouse'] as const

test('kill -9 of each process in turn while the demo runs loses and doubles nothing', async () => {
  await using weir = await startInstallation({ args: ['--no-demo'] })
  const client = startClient(weir.collectorUrl)
  const demo = weir.weir(['demo'])
  for (const victim of victims) {
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    const before = await pid(weir, victim)
    process.kill(before, 'SIGKILL')
    const after = await until(
      () => pid(weir, victim),
      (now) => now !== before && alive(now),
    )
    expect(after).not.toBe(before)
  }
  const demonstrated = await demo
  expect(demonstrated.code, demonstrated.stdout + demonstrated.stderr).toBe(0)
  const acknowledged = await client.stop()
  expect(acknowledged.length).toBeGreaterThan(20)

  expect((await fetch(`${weir.collectorUrl}/flush`, { method: 'POST' })).status).toBe(200)
  // The client repeats a span until it is acknowledged, so exactly the acknowledged ones must be there, each counted once.
  const ids = await weir.query<{ id: string }>(
    `SELECT lower(hex(span_id)) AS id FROM spans FINAL WHERE service = 'kill-client'`,
  )
  expect(ids.map(({ id }) => id).sort()).toEqual([...acknowledged].sort())
  await until(
    () =>
      weir.query<{ runs: number; spans: number; counted: number }>(`
      SELECT count() AS runs, sum(span_count) AS spans,
        (SELECT sum(runs) FROM run_minutes FINAL WHERE service = 'kill-client') AS counted
      FROM runs FINAL WHERE service = 'kill-client'`),
    ([total]) => [total?.runs, total?.spans, total?.counted].every((count) => count === acknowledged.length),
  )

  const experiments = await weir.query<Experiment>(`
    SELECT status, planned, definition, tasks, records, runs FROM experiments FINAL
    INNER JOIN (
      SELECT experiment_id, countIf(kind = 'task') AS tasks, count() AS records, uniqExact(run_id) AS runs
      FROM results FINAL GROUP BY experiment_id) AS counted USING experiment_id`)
  expect(experiments.length).toBeGreaterThanOrEqual(2)
  for (const { status, planned, definition, tasks, records, runs } of experiments) {
    const { checks, scorers } = JSON.parse(definition) as { checks: unknown[]; scorers: unknown[] }
    expect(['passed', 'failed']).toContain(status)
    expect({ tasks, runs }).toEqual({ tasks: planned, runs: planned })
    expect(records).toBe(planned * (1 + checks.length + scorers.length))
  }
})

interface Experiment {
  readonly status: string
  readonly planned: number
  readonly definition: string
  readonly tasks: number
  readonly records: number
  readonly runs: number
}

async function pid(weir: Installation, process: string): Promise<number> {
  return Number((await readFile(join(weir.home, 'run', `${process}.pid`), 'utf8')).trim())
}

function alive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch {
    return false
  }
}

/** Sends one span every 50 ms until stopped, repeats what was not acknowledged, and gives the ids that were. */
function startClient(url: string): { stop(): Promise<string[]> } {
  const acknowledged: string[] = []
  let stopping = false
  const sending = (async () => {
    for (let sent = 0; !stopping && sent < 20_000; sent++) {
      const id = randomBytes(8).toString('hex')
      for (let tries = 0; tries < 600 && !(await accepted(url, id)); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      acknowledged.push(id)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  return {
    async stop() {
      stopping = true
      await sending
      return acknowledged
    },
  }
}

async function accepted(url: string, spanId: string): Promise<boolean> {
  const now = `${Date.now()}000000`
  const span = {
    traceId: spanId + spanId,
    spanId,
    name: 'kept',
    startTimeUnixNano: now,
    endTimeUnixNano: now,
  }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'kill-client' } }] }
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  }).catch(() => undefined)
  return response?.status === 200
}
