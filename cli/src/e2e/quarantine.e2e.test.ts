import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Installation, startInstallation, until } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

let weir: Installation

beforeAll(async () => {
  weir = await startInstallation()
})
afterAll(() => weir?.[Symbol.asyncDispose]())

interface Listed {
  readonly id: string
  readonly spans: number
  readonly reason: string
}

const listed = async () =>
  JSON.parse((await weir.weir(['quarantine', 'list', '--json'])).stdout) as readonly Listed[]

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${weir.collectorUrl}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

/** Sends spans `good 0`, `bad 0`, `good 1`, ... of a trace. */
async function send(trace: string, pairs: number): Promise<void> {
  const names = Array.from({ length: pairs }, (_, at) => [`good ${at}`, `bad ${at}`]).flat()
  const spans = names.map((name, at) => ({
    traceId: trace.repeat(16),
    spanId: (at + 1).toString(16).padStart(16, '0'),
    name,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000000001000',
  }))
  const response = await fetch(`${weir.collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  })
  expect(response.status).toBe(200)
}

async function stored(trace: string): Promise<number> {
  const [found] = await weir.query<{ spans: number }>(
    `SELECT toUInt32(count()) AS spans FROM spans FINAL WHERE trace_id = unhex('${trace.repeat(16)}')`,
  )
  return found!.spans
}

const constrain = (how: string) => weir.query(`ALTER TABLE weir.spans ${how}`)

test('spans that ClickHouse refuses are set aside alone, retried in vain, stored when the cause is gone, or dropped', async () => {
  expect(await weir.weir(['quarantine', 'list'])).toMatchObject({
    code: 0,
    stdout: 'nothing was set aside\n',
  })
  expect(await weir.weir(['quarantine', 'retry', '--all'])).toMatchObject({ code: 0 })

  await constrain("ADD CONSTRAINT refused CHECK NOT startsWith(span_name, 'bad')")
  await send('aa', 3)
  expect(
    await until(
      () => metric('weir_wal_quarantined_spans'),
      (spans) => spans === 3,
    ),
  ).toBe(3)
  expect(await stored('aa')).toBe(3)
  const [file, ...others] = await listed()
  expect(others).toEqual([])
  expect(file).toMatchObject({ spans: 3, reason: expect.stringContaining('VIOLATED_CONSTRAINT') })
  const table = await weir.weir(['quarantine', 'list'])
  expect(table.stdout).toMatch(/id +set aside +spans +bytes +reason/)
  expect(table.stdout).toContain(file!.id)
  expect(table.stdout).toMatch(
    /3 spans \(\d+ bytes\) in 1 file\. When the cause is gone: weir quarantine retry/,
  )

  const refused = await weir.weir(['quarantine', 'retry', '--all'])
  expect(refused.code).toBe(3)
  expect(refused.stdout).toContain(`${file!.id}: 0 spans stored, 3 refused: ClickHouse answered`)
  expect(refused.stderr).toContain('1 of 1 files are still set aside')

  await constrain('DROP CONSTRAINT refused')
  const retried = await weir.weir(['quarantine', 'retry', file!.id])
  expect(retried).toMatchObject({ code: 0, stdout: `${file!.id}: 3 spans stored\n` })
  expect(await stored('aa')).toBe(6)
  expect(await listed()).toEqual([])
  expect(await metric('weir_wal_quarantined_spans')).toBe(0)

  await constrain("ADD CONSTRAINT refused CHECK NOT startsWith(span_name, 'bad')")
  await send('bb', 2)
  await until(
    () => metric('weir_wal_quarantined_spans'),
    (spans) => spans === 2,
  )
  for (const args of [
    ['drop'],
    ['drop', 'nothing'],
    ['drop', '--all', 'nothing'],
    ['retry'],
    ['retry', 'nothing'],
  ])
    expect([args, (await weir.weir(['quarantine', ...args])).code]).toEqual([args, 2])
  expect(await listed()).toHaveLength(1)
  // Without a running Weir as well.
  await weir.stop()
  expect((await weir.weir(['quarantine', 'retry', '--all'])).stderr).toContain('no ClickHouse answers')
  const dropped = await weir.weir(['quarantine', 'drop', '--all'])
  expect(dropped.code).toBe(0)
  expect(dropped.stdout).toMatch(/^deleted: 2 spans \(\d+ bytes\) in 1 file\n$/)
  expect(await listed()).toEqual([])
  expect(readdirSync(join(weir.home, 'wal', 'quarantine'))).toEqual([])
})
