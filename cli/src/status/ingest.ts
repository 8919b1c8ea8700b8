import { setTimeout as sleep } from 'node:timers/promises'
import { fetchMetrics, type Sample, sampleValue } from './metrics.ts'

/** What the collector says of itself; a member is null where it does not say. */
export interface IngestStatus {
  /** Received per second, over the last two seconds. */
  readonly spansPerSecond: number | null
  /** Always: received = stored + rejected + pending, in spans. */
  readonly received: number | null
  readonly stored: number | null
  readonly rejected: Readonly<Record<string, number>>
  readonly pending: number | null
  /** Seconds since the oldest span came that ClickHouse does not have yet. */
  readonly lagSeconds: number | null
  readonly log: {
    readonly bytes: number | null
    /** WEIR_WAL_MAX_BYTES: at so many bytes nothing is taken. */
    readonly maxBytes: number | null
    readonly segments: number | null
    readonly quarantinedBlocks: number | null
    readonly quarantinedBytes: number | null
    readonly quarantinedSpans: number | null
  }
}

const BETWEEN_MS = 2_000

/** Asks a collector twice; undefined if it does not answer. */
export async function readIngest(collectorUrl: string): Promise<IngestStatus | undefined> {
  const first = await fetchMetrics(collectorUrl)
  const began = performance.now()
  if (first === undefined) return undefined
  await sleep(BETWEEN_MS)
  const second = await fetchMetrics(collectorUrl)
  if (second === undefined) return undefined
  return describe(second, rateBetween(first, second, (performance.now() - began) / 1000))
}

/** Null where the collector was restarted in between and counts from the start. */
function rateBetween(first: readonly Sample[], second: readonly Sample[], seconds: number): number | null {
  const [before, after] = [first, second].map((samples) => sampleValue(samples, 'weir_spans_received_total'))
  if (before === undefined || after === undefined || after < before) return null
  return Math.round((after - before) / seconds)
}

function describe(samples: readonly Sample[], spansPerSecond: number | null): IngestStatus {
  const value = (name: string) => sampleValue(samples, name) ?? null
  const rejected = samples
    .filter(({ name }) => name === 'weir_spans_rejected_total')
    .map(({ labels, value: spans }) => [labels.reason ?? '', spans])
  return {
    spansPerSecond,
    received: value('weir_spans_received_total'),
    stored: value('weir_spans_stored_total'),
    rejected: Object.fromEntries(rejected),
    pending: value('weir_spans_pending'),
    lagSeconds: value('weir_wal_lag_seconds'),
    log: {
      bytes: value('weir_wal_bytes'),
      maxBytes: value('weir_wal_max_bytes'),
      segments: value('weir_wal_segments'),
      quarantinedBlocks: value('weir_wal_quarantined_blocks'),
      quarantinedBytes: value('weir_wal_quarantined_bytes'),
      quarantinedSpans: value('weir_wal_quarantined_spans'),
    },
  }
}
