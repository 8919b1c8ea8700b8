import { init } from '@weir/sdk'
import type { CollectorAccess } from '../experiment/availability.ts'
import { MAX_RECORDED } from '../local/recorder.ts'

/** Spans of several thousand trials; they are delivered long before. */
const MAX_QUEUED_SPANS = 131_072

/** Traces everything that runs in this process into the collector. Values are cut late: they are what is judged. */
export function initTracing({ endpoint, apiKey }: CollectorAccess): void {
  init({
    endpoint,
    ...(apiKey === undefined ? {} : { apiKey }),
    capture: { maxLength: MAX_RECORDED },
    maxQueueSize: MAX_QUEUED_SPANS,
  })
}
