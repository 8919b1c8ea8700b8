import type { StoredRun } from '../durable/stored-run.ts'
import { FlowValidationError, isTerminal } from '../errors.ts'
import type { RunHandle } from '../flow/run-handle.ts'
import { isStream } from '../values/streams.ts'
import { writeEvent } from './server-sent-events.ts'

/** One answer, when the run is over. */
export async function answerOnce(run: RunHandle<unknown>, stored: StoredRun | undefined): Promise<Response> {
  try {
    const suspended = stored === undefined ? [] : [untilSuspended(stored, run.result)]
    const output = await Promise.race([run.result, ...suspended])
    if (output === SUSPENDED) return Response.json({ runId: run.id, status: 'suspended' }, { status: 202 })
    const read = isStream(output) ? await readAll(output) : output
    return asJson('the run is ok, but its output', () =>
      Response.json({ runId: run.id, output: read ?? null }),
    )
  } catch (error) {
    const { status, ...body } = describeFailure(error)
    return Response.json({ runId: run.id, error: body }, { status })
  }
}

/** What a flow gives and JSON cannot say, such as a bigint. */
class NotJsonError extends Error {}

/** @throws NotJsonError */
function asJson<T>(what: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    throw new NotJsonError(`${what} is no JSON: ${(error as Error).message}`)
  }
}

const SUSPENDED = Symbol('suspended')
/** Milliseconds between two looks at a run that may wait for days. */
const LOOK_EVERY = 200

/** Resolves when the run is suspended; never where it ends first. */
async function untilSuspended(stored: StoredRun, result: Promise<unknown>): Promise<unknown> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  result.then(over, over)
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))
    if (!isOver && (await stored.status()) === 'suspended') return SUSPENDED
  }
  return new Promise(() => {})
}

/**
 * Events as the run goes on.
 * @param isKept a store keeps the run, so it goes on when its reader leaves
 */
export function answerEvents(run: RunHandle<unknown>, isKept: boolean): Response {
  const events = eventsOf(run)
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await events.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel() {
      if (!isKept) run.cancel(new DOMException('The reader left', 'AbortError'))
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } })
}

async function* eventsOf(run: RunHandle<unknown>): AsyncGenerator<Uint8Array> {
  yield writeEvent({ event: 'run', data: { runId: run.id } })
  try {
    for await (const data of run) yield chunkEvent(data)
    const output = await run.result
    if (isStream(output)) {
      for await (const data of output as AsyncIterable<unknown>) yield chunkEvent(data)
      yield writeEvent({ event: 'end', data: null })
    } else {
      yield asJson('the run is ok, but its output', () => writeEvent({ event: 'output', data: output }))
    }
  } catch (error) {
    yield writeEvent({ event: 'error', data: describeFailure(error) })
  }
}

function chunkEvent(data: unknown): Uint8Array {
  return asJson('a chunk of the run', () => writeEvent({ event: 'chunk', data }))
}

async function readAll(stream: object): Promise<unknown[]> {
  const chunks: unknown[] = []
  for await (const chunk of stream as AsyncIterable<unknown>) chunks.push(chunk)
  return chunks
}

/** What the caller may know: its own mistakes, and what was decided. Anything else is in the run's record. */
function describeFailure(error: unknown): {
  status: number
  type: string
  message: string
  issues?: unknown
} {
  if (error instanceof FlowValidationError && error.side === 'input') {
    const { name: type, message, issues } = error
    return { status: 400, type, message, issues: issues.map(({ message, path }) => ({ message, path })) }
  }
  if (isTerminal(error) && !(error instanceof FlowValidationError)) {
    const { name: type, message } = error as Error
    return { status: 422, type, message }
  }
  if (error instanceof NotJsonError) return { status: 500, type: 'TypeError', message: error.message }
  const isAbort = (error as { readonly name?: unknown } | null)?.name === 'AbortError'
  if (isAbort) return { status: 499, type: 'AbortError', message: 'The run was cancelled' }
  return { status: 500, type: 'Error', message: 'The flow failed; its run says why' }
}
