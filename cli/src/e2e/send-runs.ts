import { randomBytes } from 'node:crypto'

/** A run of one span, which `weir.kind` says to be a flow; what is left out or '' is not sent. */
export interface SentRun {
  readonly flow: string
  readonly startMs: number
  readonly version?: string
  readonly environment?: string
  readonly session?: string
  readonly runId?: string
  readonly traceId?: string
  /** Text. */
  readonly output?: string
  readonly events?: readonly { readonly name: string; readonly timeUnixNano: string }[]
}

/** Sends runs to a collector, all in one request. */
export async function postRuns(collectorUrl: string, runs: readonly SentRun[]): Promise<void> {
  const resourceSpans = runs.map((run) => ({
    resource: { attributes: attributesOf({ 'deployment.environment.name': run.environment }) },
    scopeSpans: [{ spans: [spanOf(run)] }],
  }))
  const response = await fetch(`${collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  })
  if (!response.ok) throw new Error(`the collector answered ${response.status}: ${await response.text()}`)
}

function spanOf({ flow, startMs, version, session, runId, traceId, output, events = [] }: SentRun): object {
  return {
    traceId: traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: flow,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + 5}000000`,
    attributes: attributesOf({
      'weir.kind': 'flow',
      'weir.flow.name': flow,
      'weir.flow.version': version,
      'weir.run.id': runId,
      'session.id': session,
      'output.value': output,
    }),
    events,
  }
}

function attributesOf(values: Readonly<Record<string, string | undefined>>): object[] {
  return Object.entries(values).flatMap(([key, stringValue]) =>
    stringValue ? [{ key, value: { stringValue } }] : [],
  )
}
