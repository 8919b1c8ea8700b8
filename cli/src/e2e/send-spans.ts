import { randomBytes } from 'node:crypto'

/** Sends one trace of so many spans, and gives the status of the answer; undefined where there was none. */
export async function sendSpans(collectorUrl: string, spans: number = 1): Promise<number | undefined> {
  const now = `${Date.now()}000000`
  const traceId = randomBytes(16).toString('hex')
  const body = Array.from({ length: spans }, () => ({
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'counted',
    startTimeUnixNano: now,
    endTimeUnixNano: now,
  }))
  const response = await fetch(`${collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: body }] }] }),
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined)
  return response?.status
}
