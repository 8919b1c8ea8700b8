import { beforeAll, expect, test } from 'vitest'
import { execute, insert, rows } from '../store.ts'
import { insertSpans, intercepted, later, span, useStore } from '../testing.ts'
import { settleQuiet } from './settle.ts'
import { SettledRuns } from './settled-runs.ts'

const store = useStore()

// A trace of a flow that is not known yet goes the general way.
beforeAll(() => insert(store(), 'flows', [{ project: 'default', flow: 'busy' }]))

/** More than are counted again with every pass. */
const RUNS = 2_500

/** Runs of two spans, in the three minutes before now. One in fifty misses what is above its step, and settles the general way. */
const INSERT = `
  INSERT INTO spans (
    project, trace_id, span_id, parent_span_id, name, kind, flow, run_id, declared_run_id, status, step_index, input_tokens,
    start, end, duration_ns
  )
  SELECT
    'default', murmurHash3_128(number) AS trace, substring(murmurHash3_128(number, span), 1, 8)::FixedString(8),
    if(span = 0, toFixedString('', 8), substring(murmurHash3_128(number, if(number % 50 = 7, 9, 0)::UInt8), 1, 8)::FixedString(8)),
    if(span = 0, 'busy', 'step'), if(span = 0, 'flow', 'step'), 'busy', lower(hex(trace)), lower(hex(trace)),
    if(number % 10 = 0, 'error', 'ok'), if(span = 0, -1, 0), span * 3,
    toDateTime64('2026-01-01 00:00:00', 9, 'UTC') + INTERVAL number % 180 SECOND AS begin, begin + INTERVAL 1 SECOND, 1000000000
  FROM numbers({first:UInt64}, {runs:UInt64}) ARRAY JOIN [0, 1]::Array(UInt8) AS span`

async function minutes(): Promise<unknown> {
  const totals = `
    SELECT minute, toUInt64(sum(runs)) AS runs, toUInt64(sum(errors)) AS errors, sum(input_tokens) AS tokens,
      quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(durations) AS quantiles
    FROM run_minutes FINAL GROUP BY minute ORDER BY minute`
  const steps = `
    SELECT minute, step, toUInt64(sum(executions)) AS executions, toUInt64(sum(errors)) AS errors
    FROM step_minutes FINAL GROUP BY minute, step ORDER BY minute, step`
  return [await rows(store(), totals), await rows(store(), steps)]
}

/** The same of the runs themselves. */
async function recount(): Promise<unknown> {
  const totals = `
    SELECT toStartOfMinute(start) AS minute, count() AS runs, countIf(status = 'error') AS errors,
      sum(run.input_tokens) AS tokens, quantilesDDIf(0.01, 0.5, 0.95, 0.99)(duration_ns, NOT incomplete) AS quantiles
    FROM runs AS run FINAL GROUP BY minute ORDER BY minute`
  const steps = `
    SELECT toStartOfMinute(start) AS minute, step, count() AS executions, countIf(step_status = 'error') AS errors
    FROM runs FINAL ARRAY JOIN step_names AS step, step_statuses AS step_status
    GROUP BY minute, step ORDER BY minute, step`
  return [await rows(store(), totals), await rows(store(), steps)]
}

const slices = async () =>
  (
    await rows<{ n: number }>(store(), 'SELECT uniqExact(slice) AS n FROM run_minutes FINAL WHERE slice != 0')
  )[0]?.n

const GENERAL = 'SELECT uniqExact(trace_id) AS traces FROM settling_spans'

const settle = (to = store(), known = new SettledRuns()) =>
  settleQuiet(to, { quietMs: 0, now: later(), known })

test('many new runs are added to their minutes; a late or repeated span rebuilds them', {
  timeout: 300_000,
}, async () => {
  const known = new SettledRuns()
  for (const pass of [0, 1]) {
    await execute(store(), INSERT, { first: pass * RUNS, runs: RUNS })
    expect(await settle(store(), known)).toEqual({ traces: RUNS, runs: RUNS, more: false })
    expect(await slices()).toBe(pass + 1)
    expect(await rows(store(), GENERAL)).toEqual([{ traces: ((pass + 1) * RUNS) / 50 }])
    expect(await minutes()).toEqual(await recount())
  }
  // Of the first runs, some spans come again, and one comes late.
  await execute(store(), INSERT, { first: 0, runs: 20 })
  await insertSpans(store(), 'late', span('flow', 'busy', 1_000, 10))
  await settle(store(), known)
  await insertSpans(store(), 'late', span('flow', 'busy', 500, 10, { status: 'error' }))
  await settle(store(), known)
  expect(await minutes()).toEqual(await recount())
  expect(await rows(store(), 'SELECT count() AS runs FROM runs FINAL')).toEqual([{ runs: 2 * RUNS + 1 }])
})

test('what was added by a pass that died is counted once', { timeout: 600_000 }, async () => {
  let died = true
  for (let request = 8; died; request++) {
    await execute(store(), INSERT, { first: request * 100_000, runs: RUNS })
    died = false
    const dying = intercepted(store(), (nth) => {
      died ||= nth >= request
      if (nth >= request) throw new Error('dead')
    })
    await settle(dying).catch(() => undefined)
    if (died) await settle()
    expect(await minutes()).toEqual(await recount())
  }
})

test('a pass that adds while another one rebuilds is counted once', { timeout: 600_000 }, async () => {
  let overlapped = true
  for (let request = 1; overlapped; request++) {
    await execute(store(), INSERT, { first: 50_000_000 + request * 100_000, runs: RUNS })
    overlapped = false
    const adding = intercepted(store(), async (nth) => {
      if (nth !== request) return
      overlapped = true
      await insertSpans(store(), `w${request}`, span('flow', 'busy', 1_000, 10))
      await settle()
    })
    await settle(adding)
    while ((await settle()).traces > 0);
    expect(await minutes()).toEqual(await recount())
  }
})
