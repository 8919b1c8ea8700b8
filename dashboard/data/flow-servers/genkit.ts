import { Readable } from 'node:stream'
import { ask, type FlowServer } from './flow-server.ts'

// The reflection API of Genkit's development mode, told as `serve` of @weir/sdk tells a run:
// https://github.com/genkit-ai/genkit/blob/main/js/core/src/reflection.ts

/** Bytes of one chunk. */
const MAX_LINE = 4 * 1024 * 1024

/** The events `run`, `chunk`, and `output` or `error`. @param key of the action, such as `/flow/answerTicket` */
export async function runGenkitFlow(
  server: FlowServer,
  key: string,
  { input, session }: { readonly input?: unknown; readonly session?: unknown },
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const response = await ask(server, '/api/runAction?stream=true', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // The label is the one that Weir reads: docs/integrations/genkit.md
    body: JSON.stringify({
      key,
      input,
      telemetryLabels: typeof session === 'string' ? { sessionId: session } : {},
    }),
    signal,
  })
  const events = Readable.toWeb(Readable.from(eventsOf(response))) as ReadableStream<string>
  return events.pipeThrough(new TextEncoderStream())
}

/** Of a trace, which is a run. */
export function cancelGenkitRun(server: FlowServer, traceId: string, signal: AbortSignal): Promise<Response> {
  return ask(server, '/api/cancelAction', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ traceId }),
    signal,
  })
}

/** Each chunk is a line; what the run ended with comes last, without a line break. */
async function* eventsOf(response: Response): AsyncGenerator<string> {
  const runId = response.headers.get('x-genkit-trace-id')
  if (runId !== null) yield event('run', { runId })
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true })
    const lines = text.split('\n')
    text = lines.pop() as string
    for (const line of lines) yield event('chunk', parse(line))
    if (text.length > MAX_LINE) return
  }
  if (!response.ok) yield event('error', { status: response.status, type: 'Error', message: text })
  else yield endOf(parse(text) as Ending)
}

interface Ending {
  readonly result?: unknown
  readonly error?: { readonly code?: number; readonly message?: string }
}

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const CANCELLED = 1

function endOf({ result, error }: Ending): string {
  if (error === undefined) return event('output', result)
  const [status, type] = error.code === CANCELLED ? [499, 'AbortError'] : [500, 'Error']
  return event('error', { status, type, message: error.message ?? 'The flow failed' })
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data ?? null)}\n\n`
}

/** What a flow of Genkit emits is not always JSON: undefined is nothing. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
