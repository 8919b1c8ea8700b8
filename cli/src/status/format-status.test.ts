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
    },
  },
  stored: { spans: 80, runs: 8, unsettledTraces: 3, newestSpanMs: NOW - 2000, diskBytes: 10_485_760 },
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
      "quarantine: 1 blocks, 2 MB, could not be stored; see the collector's log",
      "store: 80 spans, 8 runs, 10 MB on disk, the newest span came 2 s ago",
      "settling: 3 traces not settled yet",
    ]
  `)
})

test('names what does not answer', () => {
  const lines = formatStatus({ ...RUNNING, healthy: false, ingest: null, stored: null }, ADDRESSES, NOW)
  expect(lines.slice(-2)).toEqual([
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
