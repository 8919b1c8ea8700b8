import { randomBytes } from 'node:crypto'

/** Sends one trace of so many spans, and gives the status of the answer; undefined where there was none. */
export async function sendSpans(
  collectorUrl: string,
  spans: number = 1,
  startedAt: number = Date.now(),
): Promise<number | undefined> {
  const time = `${startedAt}000000`
  const traceId = randomBytes(16).toString('hex')
  const body = Array.from({ length: spans }, () => ({
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'counted',
    startTimeUnixNano: time,
    endTimeUnixNano: time,
  }))
  const response = await fetch(`${collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: body }] }] }),
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined)
  return response?.status
}
