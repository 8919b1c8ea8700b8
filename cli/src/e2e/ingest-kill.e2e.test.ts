import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '@weir/dialects/testing'
import { queryClickHouse, until } from '@weir/engines/testing'
import { expect, test } from 'vitest'
import { RetryingClient, type Sent } from './retrying-client.ts'
import { type ProcessName, SeparateProcesses } from './separate-processes.ts'

/** Repeats the decisions of a run that failed; not the moments, which the machine decides too. */
const seed = Number(process.env.WEIR_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const generator = new Random(seed)
/** From 0, less than 1. */
const random = () => generator.bits() / 2 ** 32

const KILLS = 11
const AWAY_MS = 10_000
const RUN_SPANS = 12
const STEPS = 3

test('kill -9 of collector and ClickHouse, again and again, loses and doubles no acknowledged span', async () => {
  console.log(`WEIR_TEST_SEED=${seed}`)
  await using weir = await SeparateProcesses.create()
  const query = <Row>(sql: string) => queryClickHouse<Row>(weir.clickhouseUrl, sql)
  for (const name of ['clickhouse', 'valkey', 'collector', 'worker'] as const) await weir.start(name)
  await countInserted(query)
  const client = new RetryingClient(weir.collectorUrl, random, { senders: 5, runs: 4, pause: 250 })

  let kills = await killAtRandom(weir, KILLS, () => (random() < 0.5 ? ['collector'] : ['clickhouse']))
  await weir.kill('clickhouse')
  const until = Date.now() + AWAY_MS
  while (Date.now() < until) {
    kills += await killAtRandom(weir, 1, () => ['collector'])
    await sleep(random() * 1_500)
  }
  await weir.start('clickhouse')
  kills += await killAtRandom(weir, KILLS, () => {
    const choice = random()
    return choice < 0.2 ? ['collector', 'clickhouse'] : choice < 0.6 ? ['collector'] : ['clickhouse']
  })
  const sent = await client.stop()
  console.log(
    `${kills + 1} kills, ${sent.acknowledged.size} spans acknowledged, ${sent.repeated} requests repeated`,
  )
  expect(kills).toBeGreaterThanOrEqual(20)
  expect(sent.acknowledged.size).toBeGreaterThan(5_000)
  expect(sent.repeated).toBeGreaterThan(0)

  await expectLedger(weir, query, sent)
  await expectSpans(query, sent)
  await expectRollups(query, sent)
})

type Query = <Row>(sql: string) => Promise<Row[]>

/** Kills the chosen processes so many times, each time at a random moment after all have come back. */
async function killAtRandom(
  weir: SeparateProcesses,
  times: number,
  choose: () => readonly ProcessName[],
): Promise<number> {
  let kills = 0
  for (let time = 0; time < times; time++) {
    await sleep(200 + random() * 1_500)
    const victims = choose()
    await Promise.all(victims.map((name) => weir.kill(name)))
    await Promise.all(victims.map((name) => weir.start(name)))
    kills += victims.length
  }
  return kills
}

/** A view that counts the rows of every insert of the collector, which merges do not change. */
async function countInserted(query: Query): Promise<void> {
  await query(`CREATE TABLE inserted (spans UInt64) ENGINE = SummingMergeTree ORDER BY tuple()
    SETTINGS non_replicated_deduplication_window = 1000`)
  await query(`CREATE MATERIALIZED VIEW inserted_from_spans TO inserted AS
    SELECT count() AS spans FROM spans`)
  await query(
    'CREATE TABLE queued (trace_id FixedString(16), received DateTime64(3), pending Int64, at DateTime64(3)) ENGINE = MergeTree ORDER BY trace_id',
  )
  await query(`CREATE MATERIALIZED VIEW queued_from_unsettled_traces TO queued AS
    SELECT trace_id, received, pending, now64(3) AS at FROM unsettled_traces`)
}

/**
 * What the collector says it has stored lies between what was acknowledged and what was sent; ClickHouse was given all of
 * it, and some twice where it was killed.
 */
async function expectLedger(weir: SeparateProcesses, query: Query, sent: Sent): Promise<void> {
  const ledger = await until(
    () => readLedger(weir.collectorUrl),
    ({ pending }) => pending === 0,
  )
  expect(ledger.received).toBe(ledger.stored + ledger.rejected)
  expect(ledger.quarantined).toBe(0)
  const [inserted] = await query<{ spans: number }>('SELECT sum(spans) AS spans FROM inserted')
  expect(inserted!.spans).toBeGreaterThanOrEqual(ledger.stored)
  expect(ledger.stored).toBeGreaterThanOrEqual(sent.acknowledged.size)
  expect(ledger.stored).toBeLessThanOrEqual(sent.tries)
}

async function readLedger(url: string) {
  const text = await (await fetch(`${url}/metrics`)).text()
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:{.*})? (\\d+)$`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    )
  return {
    received: sum('weir_spans_received_total'),
    stored: sum('weir_spans_stored_total'),
    rejected: sum('weir_spans_rejected_total'),
    pending: sum('weir_spans_pending'),
    quarantined: sum('weir_wal_quarantined_blocks'),
  }
}

/** The client repeats until it is acknowledged, so that exactly the acknowledged spans must be there. */
async function expectSpans(query: Query, { acknowledged }: Sent): Promise<void> {
  const rows = await query<{ id: string }>(
    `SELECT lower(hex(span_id)) AS id FROM spans FINAL WHERE service = 'kill-client'`,
  )
  const stored = new Set(rows.map(({ id }) => id))
  expect(rows.length - stored.size).toBe(0)
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([])
  expect([...stored].filter((id) => !acknowledged.has(id))).toEqual([])
}

/** Each question reads all that is stored. */
const POLL = { interval: 200 }

/** For whoever has to find out why: what is still to be settled, and what has spans but no run. */
async function unsettled(query: Query): Promise<object> {
  return {
    unsettledTraces:
      await query(`SELECT project, lower(hex(trace_id)) AS trace, reason, received, sum(pending) AS count
      FROM unsettled_traces GROUP BY project, trace_id, reason, received HAVING count != 0 LIMIT 50`),
    withoutRun:
      await query(`SELECT lower(hex(trace_id)) AS trace, count() AS spans, countIf(kind = 'flow') AS roots,
        min(received) AS first, max(received) AS last
      FROM spans FINAL WHERE service = 'kill-client' AND trace_id NOT IN (SELECT arrayJoin(trace_ids) FROM runs FINAL)
      GROUP BY trace_id LIMIT 50`),
    queued:
      await query(`SELECT lower(hex(trace_id)) AS trace, groupArray((received, pending, at)) AS changes FROM queued
      WHERE trace_id IN (SELECT trace_id FROM spans WHERE service = 'kill-client')
        AND trace_id NOT IN (SELECT arrayJoin(trace_ids) FROM runs FINAL)
      GROUP BY trace_id LIMIT 5`),
    rows: await query(`SELECT lower(hex(trace_id)) AS trace, groupArray((start, settled, is_deleted)) AS versions FROM runs
      WHERE trace_id IN (SELECT trace_id FROM spans WHERE service = 'kill-client')
        AND trace_id NOT IN (SELECT arrayJoin(trace_ids) FROM runs FINAL)
      GROUP BY trace_id LIMIT 5`),
    spans: await query(`SELECT lower(hex(trace_id)) AS trace, received, _part, count() AS spans FROM spans
      WHERE trace_id IN (SELECT trace_id FROM spans WHERE service = 'kill-client')
        AND trace_id NOT IN (SELECT arrayJoin(trace_ids) FROM runs FINAL)
      GROUP BY trace_id, received, _part LIMIT 20`),
    settlingPasses: await query('SELECT * FROM settling_passes ORDER BY version DESC LIMIT 20'),
  }
}

/** Runs and minutes, once all is settled, are what the spans say. */
async function expectRollups(query: Query, { acknowledged }: Sent): Promise<void> {
  const runs = acknowledged.size / RUN_SPANS
  const recount = await query(`SELECT toStartOfMinute(start) AS minute, countIf(kind = 'flow') AS runs,
      countIf(kind = 'step') AS steps, sum(input_tokens) AS tokens
    FROM spans FINAL WHERE service = 'kill-client' GROUP BY minute ORDER BY minute`)
  const rollups = () =>
    query(`SELECT minute, runs, steps, tokens
      FROM (SELECT minute, sum(runs) AS runs, sum(input_tokens) AS tokens
        FROM run_minutes FINAL WHERE service = 'kill-client' GROUP BY minute) AS run
      LEFT JOIN (SELECT minute, sum(executions) AS steps
        FROM step_minutes FINAL WHERE service = 'kill-client' GROUP BY minute) AS step USING minute
      ORDER BY minute`)
  try {
    await expect
      .poll(() => query(`SELECT count() AS runs FROM runs FINAL WHERE service = 'kill-client'`), POLL)
      .toEqual([{ runs }])
    await expect.poll(rollups, POLL).toEqual(recount)
  } catch (error) {
    console.log(JSON.stringify(await unsettled(query), undefined, 1))
    throw error
  }
  const [total] =
    await query(`SELECT count() AS runs, sum(span_count) AS spans, sum(length(step_names)) AS steps
    FROM runs FINAL WHERE service = 'kill-client'`)
  expect(total).toEqual({ runs, spans: acknowledged.size, steps: runs * STEPS })
}
