import { describe, expect, test } from 'vitest'
import { checkInstallation } from './checks.ts'
import type { Finding } from './finding.ts'
import type { InstallationStatus } from './installation-status.ts'

const NOW = 1_795_158_488_000
const MIB = 1024 ** 2

const READY = { url: 'http://127.0.0.1:1', startedAt: NOW - 60_000, restarts: 0, state: 'ready', pid: 71 }
const LOG = {
  bytes: 0,
  maxBytes: 1,
  segments: 0,
  quarantinedBlocks: 0,
  quarantinedBytes: 0,
  quarantinedSpans: 0,
}
const HEALTH = {
  disk: undefined,
  detachedParts: [],
  damagedParts: [],
  failedMutations: [],
  errors: [],
  nowMs: NOW,
}
const STORED = {
  spans: 70_000,
  runs: 700,
  spanRows: 70_000,
  unsettledTraces: 0,
  oldestUnsettledMs: null,
  lastSettledMs: NOW - 1_000,
  newestSpanMs: NOW - 3_000,
  diskBytes: 1,
}
const WELL: InstallationStatus = {
  home: '/data/weir',
  healthy: true,
  problems: [],
  supervisor: 70,
  processes: [
    { ...READY, name: 'clickhouse' },
    { ...READY, name: 'collector' },
  ],
  disk: { freeBytes: 500 * MIB, totalBytes: 1000 * MIB },
  ingest: { spansPerSecond: 0, received: 1, stored: 1, rejected: {}, pending: 0, lagSeconds: 0, log: LOG },
  judging: { failingSeconds: 0, setAsideScores: 0, unusableMonitors: 0, failedTraces: 0 },
  stored: STORED,
  storeHealth: HEALTH,
  retention: [],
  detachedRows: {},
  clocksApartMs: 0,
}

function problems(change: Partial<InstallationStatus>): Finding[] {
  return checkInstallation({ ...WELL, ...change }, NOW).filter(({ ok }) => !ok)
}

test('nothing is wrong with a Weir that is well, and each thing that was looked at is a line', () => {
  expect(problems({})).toEqual([])
  expect(checkInstallation(WELL, NOW).map(({ name }) => name)).toEqual([
    'processes',
    'disk',
    'quarantine',
    'store',
    'parts',
    'files',
    'merges',
    'spans',
    'settling',
    'judging',
    'retention',
    'clock',
  ])
})

test('of a Weir that does not run only the disk is looked at', () => {
  const nothing = {
    supervisor: null,
    processes: [],
    ingest: null,
    stored: null,
    storeHealth: null,
    retention: null,
  }
  expect(checkInstallation({ ...WELL, ...nothing }, NOW).map(({ name }) => name)).toEqual(['disk'])
})

test('what the worker cannot do is said: passes that fail, traces that it cannot settle, monitors that it cannot read, scores that were refused', () => {
  const judging = { failingSeconds: 10, setAsideScores: 0, unusableMonitors: 0, failedTraces: 0 }
  expect(problems({ judging })).toEqual([])
  const found = problems({
    judging: { failingSeconds: 75, setAsideScores: 3, unusableMonitors: 1, failedTraces: 2 },
  })
  expect(found.map(({ isWarning = false, found: text }) => [isWarning, text])).toEqual([
    [false, 'settling or judging has failed for 1 min 15 s'],
    [true, 'traces that cannot be settled: 2'],
    [true, 'monitors that cannot be read and judge nothing: 1'],
    [true, 'scores that ClickHouse refused since the worker was started: 3'],
  ])
})

describe('a process', () => {
  test('that is silent is named with how long it is, and how it ended before', () => {
    const silent = {
      ...READY,
      name: 'collector',
      state: 'not answering',
      silentSince: NOW - 12_000,
      lastEnd: 'ended (SIGKILL)',
    }
    expect(problems({ processes: [{ ...READY, name: 'clickhouse' }, silent] })).toEqual([
      {
        name: 'collector',
        ok: false,
        found: 'is not answering for 12 s: before, it ended (SIGKILL)',
        advice: 'it is started again by itself (WEIR_LIVENESS_TIMEOUT); see /data/weir/log/collector.log',
      },
    ])
  })

  test('that was started again is no problem, and said', () => {
    const again = { ...READY, name: 'worker', restarts: 2, lastEnd: 'did not answer for 30 s' }
    expect(checkInstallation({ ...WELL, processes: [again] }, NOW)[0]).toEqual({
      name: 'processes',
      ok: true,
      found: '1 run and answer; started again: worker 2x, it did not answer for 30 s',
    })
  })
})

test('a disk that is nearly full is a warning, a full one a problem, and so is that of ClickHouse', () => {
  const left = (freeBytes: number) => ({ freeBytes, totalBytes: 1000 * MIB })
  expect(problems({ disk: left(99 * MIB) })).toMatchObject([
    { isWarning: true, found: 'the disk of /data/weir is nearly full: 99 MB of 1000 MB left' },
  ])
  const full = { isWarning: false, found: 'the disk of /data/weir is full: 1 MB of 1000 MB left' }
  expect(problems({ disk: left(MIB) })).toMatchObject([full])
  expect(problems({ storeHealth: { ...HEALTH, disk: { ...left(MIB), path: '/ch' } } })).toMatchObject([
    { found: 'the disk of /ch is full: 1 MB of 1000 MB left' },
  ])
})

test('quarantine is counted in spans where the collector says them', () => {
  const log = { ...LOG, quarantinedBlocks: 2, quarantinedBytes: 3 * MIB, quarantinedSpans: 67_200 }
  const found = (spans: number | null) =>
    problems({ ingest: { ...WELL.ingest!, log: { ...log, quarantinedSpans: spans } } })[0]?.found
  expect(found(67_200)).toBe('67200 spans in 2 blocks, 3 MB, could not be stored')
  expect(found(null)).toBe('2 blocks, 3 MB, could not be stored')
})

test('a part that was set aside is named with its rows and where it lies, and the spans are missing', () => {
  const part = { table: 'spans', name: 'broken-on-start_202611_3_3_0', reason: 'broken-on-start', bytes: 9 }
  const found = problems({
    stored: { ...STORED, spanRows: 64_800 },
    storeHealth: { ...HEALTH, detachedParts: [{ ...part, path: '/data/weir/detached/x' }] },
    detachedRows: { spans: 5_200 },
  })
  expect(found.map(({ name, found, isWarning = false }) => [name, isWarning, found])).toEqual([
    [
      'parts',
      false,
      '5200 rows of spans were set aside in 1 parts and are missing in all answers: /data/weir/detached/x (broken-on-start)',
    ],
    [
      'spans',
      true,
      '5200 of 70000 settled spans are missing: runs were made of them, and their rows are gone',
    ],
  ])
  expect(found[0]?.advice).toContain('weir import')
})

test('damaged parts, failed mutations and recent errors are problems, older errors are not', () => {
  const error = { name: 'NOT_ENOUGH_SPACE', count: 3, message: 'Cannot reserve 1.00 MiB' }
  const at = (lastMs: number) => problems({ storeHealth: { ...HEALTH, errors: [{ ...error, lastMs }] } })
  expect(at(NOW - 61_000)).toEqual([])
  expect(at(NOW - 1_000)[0]?.found).toContain('failed 3 times with NOT_ENOUGH_SPACE')
  const damaged = { table: 'spans', name: 'p', rows: 7, path: '/p/', error: 'CHECKSUM_DOESNT_MATCH' }
  expect(problems({ storeHealth: { ...HEALTH, damagedParts: [damaged] } })[0]).toMatchObject({
    name: 'files',
    found: '1 parts with 7 rows are damaged, queries and merges of them fail: /p/ (CHECKSUM_DOESNT_MATCH)',
    advice: expect.stringContaining('../detached'),
  })
  const mutation = { table: 'runs', command: 'DROP COLUMN x', reason: 'because' }
  expect(problems({ storeHealth: { ...HEALTH, failedMutations: [mutation] } })[0]?.found).toBe(
    'DROP COLUMN x of runs cannot be completed: because',
  )
})

test('settling stands still where traces wait and nothing was settled for a minute', () => {
  const waiting = { unsettledTraces: 3, oldestUnsettledMs: NOW - 90_000 }
  const of = (lastSettledMs: number | null) => problems({ stored: { ...STORED, ...waiting, lastSettledMs } })
  expect(of(NOW - 1_000)).toEqual([])
  expect(of(NOW - 80_000)[0]?.found).toBe(
    '3 traces wait, the oldest for 1 min 30 s; the last run was settled 1 min 20 s ago',
  )
  expect(of(null)[0]?.found).toContain('no run was settled yet')
})

test('clocks that differ, and a newest span from the future, are warnings', () => {
  expect(problems({ clocksApartMs: 3_600_000 })).toMatchObject([
    { name: 'clock', isWarning: true, found: "ClickHouse's clock and this machine's are 1 h 0 min apart" },
  ])
  expect(problems({ stored: { ...STORED, newestSpanMs: NOW + 7_200_000 } })[0]?.found).toContain(
    'came 2 h 0 min in the future',
  )
})

test('retention is said, by project where it differs, and a warning where it was not applied for hours', () => {
  const row = (project: string, days: number, payloadDays: number, appliedMs = NOW - 60_000) => {
    return { project, days, payloadDays, appliedMs }
  }
  const of = (...retention: ReturnType<typeof row>[]) =>
    checkInstallation({ ...WELL, retention }, NOW).find(({ name }) => name === 'retention')
  expect(of()).toMatchObject({ ok: true, found: 'all is kept for ever' })
  expect(of(row('', 90, 14), row('shop', 90, 14), row('support', 1, 0), row('audit', 0, 0))).toMatchObject({
    ok: true,
    found:
      'runs 90 days, payloads 14 days; project support: runs 1 day; project audit: all is kept for ever; applied 1 min 0 s ago',
  })
  expect(of(row('', 90, 0, NOW - 4 * 3_600_000))).toMatchObject({
    ok: false,
    isWarning: true,
    found: 'runs 90 days; applied 4 h 0 min ago',
  })
})
