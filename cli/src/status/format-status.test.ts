import { expect, test } from 'vitest'
import { formatStatus } from './format-status.ts'
import type { InstallationStatus } from './installation-status.ts'

const ADDRESSES = { store: 'http://127.0.0.1:8123/', collector: 'http://127.0.0.1:4318' }
const NOW = 1_795_158_488_000

const RUNNING: InstallationStatus = {
  home: '/data/weir',
  healthy: true,
  supervisor: 70,
  processes: [
    {
      name: 'collector',
      state: 'ready',
      pid: 71,
      url: 'http://127.0.0.1:4318',
      startedAt: NOW - 125_000,
      restarts: 0,
      residentBytes: 104_857_600,
    },
  ],
  judging: null,
  ingest: {
    spansPerSecond: 1500,
    received: 100,
    stored: 80,
    rejected: { invalid_id: 2, unavailable: 0 },
    pending: 18,
    lagSeconds: 75,
    log: {
      bytes: 5_242_880,
      maxBytes: 1_073_741_824,
      segments: 2,
      quarantinedBlocks: 1,
      quarantinedBytes: 2_097_152,
      quarantinedSpans: 1944,
    },
  },
  stored: {
    spans: 80,
    runs: 8,
    spanRows: 82,
    unsettledTraces: 3,
    oldestUnsettledMs: NOW - 5000,
    lastSettledMs: NOW - 3000,
    newestSpanMs: NOW - 2000,
    diskBytes: 10_485_760,
  },
  disk: { freeBytes: 41_943_040, totalBytes: 419_430_400 },
  storeHealth: {
    disk: undefined,
    detachedParts: [],
    damagedParts: [],
    failedMutations: [],
    errors: [],
    nowMs: NOW,
  },
  retention: [],
  detachedRows: {},
  clocksApartMs: 0,
  problems: [{ name: 'quarantine', ok: false, isWarning: true, found: '1944 spans', advice: 'look' }],
}

test('says all of it of a Weir that runs', () => {
  expect(formatStatus(RUNNING, ADDRESSES, NOW)).toMatchInlineSnapshot(`
    [
      "weir runs on /data/weir (pid 70)",
      "  process    state  pid  uptime     RSS     restarts  url",
      "  collector  ready  71   2 min 5 s  100 MB  0         http://127.0.0.1:4318",
      "ingest: 1500 spans/s; 100 received = 80 stored + 2 rejected (invalid_id 2) + 18 pending",
      "lag: the oldest pending span came 1 min 15 s ago",
      "log: 5 MB of 1024 MB, 2 segments to deliver",
      "store: 80 spans, 8 runs, 10 MB on disk, the newest span came 2 s ago",
      "settling: 3 traces not settled yet, the oldest waits for 5 s; the last run was settled 3 s ago",
      "retention: all is kept for ever",
      "disk: 40 MB of 400 MB left",
      "warning: quarantine: 1944 spans; look",
    ]
  `)
})

test('names what does not answer', () => {
  const silent = {
    ...RUNNING,
    healthy: false,
    ingest: null,
    stored: null,
    retention: null,
    disk: null,
    problems: [],
  }
  expect(formatStatus(silent, ADDRESSES, NOW).slice(-2)).toEqual([
    'collector: no answer at http://127.0.0.1:4318',
    'store: no answer at http://127.0.0.1:8123/',
  ])
})

test('says in one line that nothing runs, and how to start it', () => {
  const nothing = { ...RUNNING, healthy: false, supervisor: null, processes: [], ingest: null, stored: null }
  expect(formatStatus(nothing, ADDRESSES, NOW)).toEqual([
    'weir is not running on /data/weir: start it with "weir up"',
  ])
})
