import { type Installation, run, startInstallation, until, WEIR } from '@weir/engines/testing'
import { createStore, insert, type Store } from '@weir/store'
import { afterAll, beforeAll, expect, test } from 'vitest'

// What a user sees of retention, and what refuses a value that cannot be meant.

let weir: Installation
let store: Store

const utc = (daysAgo: number) =>
  new Date(Date.now() - daysAgo * 86_400_000).toISOString().replace('T', ' ').replace('Z', '')

/** A run that settled so long ago, and its span. */
async function storeRun(project: string, id: string, daysAgo: number): Promise<void> {
  const at = utc(daysAgo)
  const trace_id = id.padEnd(16, '_')
  const payload = { input: '{"q":"why"}', input_type: 'json', output: 'because', output_type: 'text' }
  const row = { project, trace_id, status: 'ok', start: at, ...payload }
  const attributes = {
    attributes: { key: 'value' },
    attribute_types: 's',
    events: '[{"name":"a"},{"name":"b"}]',
  }
  await insert(store, 'spans', [
    { ...row, ...attributes, span_id: 'span____', name: 'research', kind: 'flow', end: at, received: at },
  ])
  await insert(store, 'runs', [
    {
      ...row,
      run_id: id,
      trace_ids: [trace_id],
      flow: 'research',
      source: 'production',
      span_count: 1,
      settled: at,
    },
  ])
}

beforeAll(async () => {
  weir = await startInstallation({
    env: { WEIR_RETENTION_DAYS: '30,audit=forever', WEIR_PAYLOAD_RETENTION_DAYS: '14' },
  })
  store = createStore({ url: weir.clickhouseUrl, database: 'weir' })
  await until(
    () => weir.weir(['status']),
    ({ stdout }) => stdout.includes('retention: runs 30 days'),
  )
  // What is stored now was settled long ago, and is not to be settled again.
  await weir.query('DROP VIEW unsettled_traces_from_spans')
  for (const [id, daysAgo] of [
    ['old', 40],
    ['middle', 20],
    ['new', 1],
  ] as const)
    await storeRun('default', id, daysAgo)
  await storeRun('audit', 'ancient', 400)
  await store.close()
  await weir.stop()
  await weir.restart()
  store = createStore({ url: weir.clickhouseUrl, database: 'weir' })
  await until(
    () =>
      weir.query<{ kind: string }>(
        `SELECT DISTINCT kind FROM removals FINAL WHERE finished > toDateTime64(1, 6)`,
      ),
    (kinds) => kinds.length === 2,
  )
})

afterAll(async () => {
  await store?.close()
  await weir?.[Symbol.asyncDispose]()
})

const html = async (path: string) => {
  const answer = await fetch(weir.dashboardUrl + path)
  expect(answer.status, path).toBe(200)
  return (await answer.text()).replaceAll('<!-- -->', '')
}

test('runs that are too old are gone from pages, lists and exports; those of a project that keeps them are not', async () => {
  expect((await fetch(`${weir.dashboardUrl}/runs/old`)).status).toBe(404)
  const listed = await weir.weir(['runs', '--json', '--last', '60d'])
  expect(JSON.parse(listed.stdout).runs.map(({ runId }: { runId: string }) => runId)).toEqual([
    'new',
    'middle',
  ])
  expect((await weir.weir(['export', '--run', 'old'])).code).not.toBe(0)
  const audit = await fetch(`${weir.dashboardUrl}/api/runs?project=audit&last=500d`)
  expect(await audit.json()).toMatchObject({ runs: [{ runId: 'ancient' }], next: null })
})

test('a payload that is too old says that it was removed, everywhere', async () => {
  expect(await html('/runs/middle')).toContain('Removed by retention: it had 11 characters')
  expect(await html('/runs/new')).not.toContain('Removed by retention')
  const hex = (id: string, length: number) => Buffer.from(id.padEnd(length, '_')).toString('hex')
  const span = await fetch(`${weir.dashboardUrl}/api/spans/${hex('middle', 16)}/${hex('span', 8)}`)
  expect(await span.json()).toMatchObject({
    input: { text: '', type: 'json', originalLength: 11 },
    output: { text: '', type: 'text', originalLength: 7 },
    attributes: [],
    droppedAttributes: 1,
    droppedEvents: 2,
  })
  const exported = await weir.weir(['export', '--run', 'middle'])
  expect(exported.code).toBe(0)
  const [{ scopeSpans }] = JSON.parse(exported.stdout).resourceSpans
  expect(scopeSpans[0].spans[0]).toMatchObject({ droppedAttributesCount: 1, droppedEventsCount: 2 })
  expect(scopeSpans[0].spans[0]).not.toHaveProperty('attributes')
})

test('status, doctor and the settings page say what is kept and what was removed', async () => {
  const line = 'runs 30 days, payloads 14 days; project audit: payloads 14 days'
  expect((await weir.weir(['status'])).stdout).toContain(`retention: ${line}\n`)
  expect((await weir.weir(['doctor'])).stdout).toMatch(new RegExp(`retention +${line}; applied `))
  const page = await html('/settings')
  for (const text of [
    'All others',
    '30 days',
    '14 days',
    'for ever',
    'Disk by table',
    '2 projects',
    'retention_traces',
  ])
    expect(page).toContain(text)
})

test.each([
  [{ WEIR_RETENTION_DAYS: '-1' }, 'WEIR_RETENTION_DAYS is "-1", expected days from 1 to 36500'],
  [{ WEIR_RETENTION_DAYS: 'abc' }, 'WEIR_RETENTION_DAYS is "abc", expected'],
  [
    { WEIR_RETENTION_DAYS: '7', WEIR_PAYLOAD_RETENTION_DAYS: '14' },
    'WEIR_PAYLOAD_RETENTION_DAYS is "14", expected no more than 7: after so many days',
  ],
])('%j is refused at the start, and by doctor', async (env, words) => {
  for (const command of ['up', 'worker', 'doctor']) {
    const { code, stdout, stderr } = await run([WEIR, command], { ...weir.env, ...env })
    // Doctor has a line for each: what came, and what was expected.
    const said = (stdout + stderr).replaceAll(/\s*\n\s+/g, ', ')
    expect([command, code, said]).toEqual([command, 2, expect.stringContaining(words)])
  }
})
