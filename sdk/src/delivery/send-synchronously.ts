import { builtin } from '../platform.ts'
import type { OtlpRequest } from './otlp-exporter.ts'

/** Milliseconds that the end of a process may be delayed. */
const TIMEOUT = 2_000

/** States of the shared number. */
const WAITING = 0
const DELIVERED = 1

/** Runs in a thread of its own, since nothing of the thread that ends gets a turn any more. */
const POST = `
const { workerData } = require('node:worker_threads')
const { url, headers, body, state, timeout } = workerData
const done = (result) => { Atomics.store(state, 0, result); Atomics.notify(state, 0) }
const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http')
const sent = request(url, { method: 'POST', headers, signal: AbortSignal.timeout(timeout) }, (response) => {
  response.resume()
  done(response.statusCode >= 200 && response.statusCode <= 299 ? ${DELIVERED} : response.statusCode)
})
sent.on('error', () => done(-1))
sent.end(body)
`

/** Posts while the process ends, and blocks until it is answered. Gives why it failed. */
export function sendSynchronously({ url, headers, body }: OtlpRequest): string | undefined {
  const { Worker } = builtin('node:worker_threads') ?? {}
  if (Worker === undefined) return 'this runtime has no threads'
  try {
    const state = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(POST, {
      eval: true,
      // Not the process's own: they may say that text is a module.
      execArgv: [],
      workerData: { url, headers, body, state, timeout: TIMEOUT },
    })
    worker.unref()
    Atomics.wait(state, 0, WAITING, TIMEOUT)
    const result = Atomics.load(state, 0)
    if (result === DELIVERED) return undefined
    return result === WAITING
      ? `no answer within ${TIMEOUT} ms`
      : result < 0
        ? 'no connection'
        : `HTTP ${result}`
  } catch (error) {
    return String(error)
  }
}
