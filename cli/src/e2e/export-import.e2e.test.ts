import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Installation, run, startInstallation, until, WEIR } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

let weir: Installation
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-export-'))
  weir = await startInstallation({ env: { WEIR_SETTLE_QUIET: '200ms' } })
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

interface Counted {
  readonly spans: number
}

async function stored(where: string, spans: number): Promise<void> {
  const sql = `SELECT count() AS spans FROM spans FINAL WHERE ${where}`
  await until(
    () => weir.query<Counted>(sql),
    ([row]) => row?.spans === spans,
  )
}

const trace = (n: number) => n.toString(16).padStart(32, '0')
const spanOf = (traceId: string, n: number, extra: object = {}) => ({
  traceId,
  spanId: n.toString(16).padStart(16, '0'),
  ...(n > 1 && { parentSpanId: '0000000000000001' }),
  name: `step ${n}`,
  kind: 1,
  startTimeUnixNano: String(1_790_000_000_000_000_000n + BigInt(n)),
  endTimeUnixNano: String(1_790_000_000_000_009_999n + BigInt(n)),
  ...extra,
})
const requestOf = (...spans: object[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [{ scope: { name: 'tests' }, spans }],
    },
  ],
})

async function send(request: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(request)
  const response = await fetch(`${weir.collectorUrl}/v1/traces`, { method: 'POST', headers, body })
  expect(response.status).toBe(200)
}

const attribute = (key: string, value: object) => ({ attributes: [{ key, value }] })

test('a trace that was sent is printed as it was sent', async () => {
  const spans = [
    spanOf(trace(1), 1, attribute('exact', { intValue: '9007199254740993' })),
    spanOf(trace(1), 2, attribute('input.value', { stringValue: 'in' })),
  ]
  await send(requestOf(...spans))
  await stored(`trace_id = unhex('${trace(1)}')`, 2)
  const { code, stdout, stderr } = await weir.weir(['export', '--trace', trace(1).toUpperCase()])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '2 spans\n' })
  expect(JSON.parse(stdout)).toEqual(requestOf(...spans))
})

test('a run comes with all traces that it is part of', async () => {
  const run = (n: number) => spanOf(trace(n), 1, attribute('weir.run.id', { stringValue: 'order-7' }))
  await send(requestOf(run(2), run(3)))
  await stored(`declared_run_id = 'order-7'`, 2)
  const { code, stdout } = await weir.weir(['export', '--run', 'order-7'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual(requestOf(run(2), run(3)))
})

test('what is not there: exit code 2, a hint, and no file', async () => {
  const output = join(directory, 'none.json')
  for (const args of [
    ['--trace', trace(99)],
    ['--run', 'none'],
  ]) {
    const completed = await weir.weir(['export', ...args, '--output', output])
    expect(completed.code).toBe(2)
    expect(completed.stderr).toMatch(/^weir: there is no (trace 0+63|run "none") in project "default"/)
    expect(completed.stdout).toBe('')
  }
  expect(existsSync(output)).toBe(false)
  expect(existsSync(`${output}.part`)).toBe(false)
})

test('an import replaces what is there, and says what was refused', async () => {
  const output = join(directory, 'trace.json.gz')
  expect((await weir.weir(['export', '--trace', trace(1), '--output', output])).code).toBe(0)
  const text = gunzipSync(await readFile(output)).toString()
  const imported = await weir.weir(['import', output, output])
  expect(imported).toEqual({ code: 0, stdout: `imported 4 spans to ${weir.collectorUrl}\n`, stderr: '' })
  await stored(`trace_id = unhex('${trace(1)}')`, 2)
  expect((await weir.weir(['export', '--trace', trace(1)])).stdout).toBe(text)

  const bad = join(directory, 'bad.json')
  const file = await open(bad, 'w')
  await file.writeFile(
    JSON.stringify(requestOf(spanOf(trace(4), 1), { ...spanOf(trace(4), 2), traceId: 'xyz' })),
  )
  await file.close()
  const refused = await weir.weir(['import', bad])
  expect(refused.code).toBe(2)
  expect(refused.stdout).toMatch(/^imported 1 span to/)
  expect(refused.stderr).toMatch(/1 of 2 spans were refused: they have an invalid trace id or span id/)
})

test('a log that is no OTLP is imported once, however often; what is wrong in it is told', async () => {
  const log = join(import.meta.dirname, '..', '..', 'src', 'import', 'logs', 'fixtures', 'crux.jsonl')
  for (let time = 0; time < 2; time++) {
    const imported = await weir.weir(['import', '--format', 'crux', log])
    expect(imported.code).toBe(2)
    expect(imported.stdout).toBe(`imported 10 spans to ${weir.collectorUrl}\n`)
    expect(imported.stderr).toContain(`${log}:8 is not JSON`)
    expect(imported.stderr).toMatch(/2 lines are no entry of a crux log; the others were imported/)
    await stored(`scope LIKE '%crux%'`, 10)
  }
  const sql = `SELECT flow, status, step_names AS steps FROM runs FINAL WHERE service = 'crux' ORDER BY start`
  const runs = await until(
    () => weir.query<{ flow: string; status: string; steps: string[] }>(sql),
    (found) => found.length === 3,
  )
  expect(runs).toEqual([
    { flow: 'research flow', status: 'suspended', steps: ['plan', 'approve'] },
    { flow: 'publish', status: 'cancelled', steps: ['draft'] },
    { flow: 'chat', status: 'ok', steps: ['docs', 'answer'] },
  ])
  const unknown = await weir.weir(['import', '--format', 'zipkin', log])
  expect(unknown).toMatchObject({ code: 2, stdout: '' })
  expect(unknown.stderr).toContain('--format is "zipkin", expected one of crux, flow-state-dev')
})

test('names of flows and steps are text on a terminal and in the log of a CI', async () => {
  const flow = '::error::\u001b[2J'
  const step = 'plan\n::warning::\u202e##vso[task.complete]'
  const named = (name: string, version: string) => [
    ['weir.flow.name', name],
    ['weir.kind', 'flow'],
    ['weir.flow.version', version],
  ]
  const now = `${Date.now()}000000`
  const attributesOf = (pairs: string[][]) => ({
    startTimeUnixNano: now,
    endTimeUnixNano: now,
    attributes: pairs.map(([key, stringValue]) => ({ key, value: { stringValue } })),
  })
  for (const [n, version] of [
    [6, '1'],
    [7, '2'],
  ] as const) {
    const child = attributesOf([
      ['weir.kind', 'step'],
      ['weir.step.name', step],
    ])
    const root = attributesOf(named(flow, version))
    await send(requestOf(spanOf(trace(n), 1, root), spanOf(trace(n), 2, child)))
  }
  await until(
    () => weir.query<Counted>(`SELECT count() AS spans FROM runs FINAL WHERE flow LIKE '::error::%'`),
    ([row]) => row?.spans === 2,
  )
  const sides = ['--base', 'version=1', '--candidate', 'version=2']
  const compared = await weir.weir(['compare', `--flow=${flow}`, ...sides])
  expect(compared).toMatchObject({ code: 0, stderr: '' })
  expect(compared.stdout).toContain('\\u003a:error::\\u001b[2J: version 2')
  expect(compared.stdout).toContain('plan\\n::warning::\\u202e#\\u0023vso[task.complete]')
  const unknown = await weir.weir(['compare', '--flow=none', ...sides])
  const json = await weir.weir(['compare', `--flow=${flow}`, ...sides, '--json'])
  expect((JSON.parse(json.stdout) as { flow: string }).flow).toBe(flow)
  for (const text of [compared.stdout, json.stdout, unknown.stderr])
    expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e|^\s*::|##\w*\[/mu)
})

test('a dataset comes back as it was pushed, under versions that nothing else has', async () => {
  const path = join(directory, 'orders.jsonl')
  const push = async (lines: string) => {
    await writeFile(path, lines)
    return weir.weir(['dataset', 'push', path])
  }
  const first = '{"id":"9007199254740993","input":{"id":9007199254740993,"text":"\\u0085"}}\n'
  expect(await push(`\uFEFF${first}`)).toMatchObject({ code: 0, stdout: 'orders@1: 1 case\n' })
  expect(await push('{"input":1}')).toMatchObject({ stdout: 'orders@2: 1 case\n' })
  expect(await push(first)).toMatchObject({ stdout: 'orders@3: 1 case (the same as @1)\n' })
  expect(await push(first)).toMatchObject({ stdout: 'orders@3: 1 case (unchanged)\n' })
  expect((await weir.weir(['dataset', 'pull', 'orders'])).stdout).toBe(first)
  expect(await push('{"input":1e400}')).toMatchObject({
    code: 2,
    stderr: `weir: ${path}:1: input is 1e400, which no number holds: write it as text, in quotes.\n`,
  })
  const named = await weir.weir(['dataset', 'push', path, '--name', 'orders@2'])
  expect(named).toMatchObject({ code: 2, stdout: '' })
})

const MANY = 100_000

test('a trace of 100,000 spans goes in and out with little memory', async () => {
  const path = join(directory, 'large.jsonl')
  const file = await open(path, 'w')
  for (let first = 1; first <= MANY; first += 1000) {
    const spans = Array.from({ length: 1000 }, (_, at) =>
      spanOf(trace(5), first + at, attribute('text', { stringValue: `${first + at} `.repeat(80) })),
    )
    await file.write(`${JSON.stringify(requestOf(...spans))}\n`)
  }
  await file.close()
  // The text is many times what the process may hold.
  const limited = { ...weir.env, NODE_OPTIONS: '--max-old-space-size=48' }
  const imported = await run([WEIR, 'import', path], limited)
  expect(imported).toMatchObject({ code: 0, stderr: '' })
  await stored(`trace_id = unhex('${trace(5)}')`, MANY)
  const output = join(directory, 'large.json')
  const exported = await run([WEIR, 'export', '--trace', trace(5), '--output', output], limited)
  expect(exported).toMatchObject({ code: 0, stderr: `${MANY} spans\n` })
  expect((await stat(output)).size).toBeGreaterThan(48 * 1024 * 1024)
  const names = (await readFile(output, 'utf8')).matchAll(/"name":"step (\d+)"/g)
  expect(new Set([...names].map(([, n]) => n)).size).toBe(MANY)
})
