import type { Log } from '../log.ts'
import type { Segment } from './segment.ts'

export interface LogOptions {
  readonly directory: string
  /** Names of the columns of the blocks. */
  readonly columns: readonly string[]
  /** Limit of all files together; beyond it nothing is taken. */
  readonly maxBytes: number
  /** A segment is closed when it has as many bytes, or rows. */
  readonly segmentBytes: number
  readonly segmentRows: number
  /** Milliseconds between two segments that are closed before they are full. */
  readonly interval: number
  readonly log: Log
  /** Milliseconds to wait for a process that has the log open and may just be ending. */
  readonly timeoutMs: number
}

/** What the log says about itself. */
export interface LogSnapshot {
  /** Of all files, those in quarantine included. */
  readonly bytes: number
  /** The limit of it. */
  readonly maxBytes: number
  /** Segments that are not in ClickHouse yet. */
  readonly segments: number
  /** Files of blocks that were set aside, and the spans in them. */
  readonly quarantinedBlocks: number
  readonly quarantinedSpans: number
  readonly quarantinedBytes: number
  /** Since the oldest span came that is not in ClickHouse yet; 0 where there is none. */
  readonly lagSeconds: number
}

/** Where closed segments go. */
export interface SegmentSink {
  add(segment: Segment): void
  /** Whether a segment that is closed now would be inserted at once. */
  readonly isIdle: boolean
}
