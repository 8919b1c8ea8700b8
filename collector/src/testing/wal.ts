import { Log } from '../log.ts'
import type { LogOptions, SegmentSink } from '../wal/log-options.ts'
import type { Segment } from '../wal/segment.ts'
import { WriteAheadLog } from '../wal/write-ahead-log.ts'

/** Takes what is closed, and is idle only where a test says so. */
export class Received implements SegmentSink {
  readonly segments: Segment[] = []
  isIdle = false

  add(segment: Segment): void {
    this.segments.push(segment)
  }
}

/** A log with limits that nothing reaches, and a recipient that keeps its segments. */
export async function openLog(
  directory: string,
  options: Partial<LogOptions> = {},
): Promise<{ readonly log: WriteAheadLog; readonly received: Received }> {
  const log = await WriteAheadLog.open({
    directory,
    columns: ['id', 'name'],
    maxBytes: 1e9,
    segmentBytes: 1e9,
    segmentRows: 1e9,
    interval: 0,
    log: new Log('silent'),
    timeoutMs: 0,
    ...options,
  })
  const received = new Received()
  log.deliverTo(received)
  return { log, received }
}

/** What is no Native block, but is different for every number and length. */
export function bytesOf(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at++) bytes[at] = (seed * 31 + at * 7) & 0xff
  return bytes
}
