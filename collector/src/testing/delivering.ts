import { SpanBlock } from '@weir/dialects'
import { manySpans } from '@weir/dialects/testing'
import type { InsertFailure } from '@weir/store'
import { SPAN_COLUMNS } from '@weir/store'
import { onTestFinished } from 'vitest'
import { ClickHouseWriter } from '../insert/clickhouse-writer.ts'
import { Delivery } from '../insert/delivery.ts'
import { SegmentDelivery } from '../insert/segment-delivery.ts'
import { Log } from '../log.ts'
import { WriteAheadLog } from '../wal/write-ahead-log.ts'

export interface DeliveryTarget {
  readonly url: string
  readonly database: string
  readonly directory: string
  readonly columns?: readonly string[]
}

/** A log whose segments are delivered, with the inserts that failed so far; blocks can be appended as they are. */
export async function openDelivering({ url, database, directory, columns }: DeliveryTarget): Promise<{
  readonly log: WriteAheadLog
  readonly failures: InsertFailure[]
}> {
  const silent = new Log('silent')
  const log = await WriteAheadLog.open({
    directory,
    columns: columns ?? SPAN_COLUMNS.map(({ name }) => name),
    maxBytes: 1e9,
    segmentBytes: 1e9,
    segmentRows: 1e9,
    interval: 60_000,
    log: silent,
    timeoutMs: 0,
  })
  const writer = new ClickHouseWriter({ url, database, timeout: 10_000 })
  const failures: InsertFailure[] = []
  const delivery = new Delivery(new SegmentDelivery(writer, log.quarantine, silent), {
    parallel: 2,
    log: silent,
    finish: (segment, outcome) => log.finish(segment, outcome),
    onIdle: () => log.closeIfDue(),
    observeFailure: (failure) => failures.push(failure),
  })
  log.deliverTo(delivery)
  onTestFinished(async () => {
    writer.close()
    await delivery.stop()
    await log.close()
  })
  return { log, failures }
}

/** A block of a project, as the collector appends it. */
export function spanBlock(project: string, number: number, spans: number): Buffer {
  const block = new SpanBlock()
  block.append(manySpans(number, spans), project)
  return block.take()
}
