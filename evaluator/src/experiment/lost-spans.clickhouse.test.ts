import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { type Collector, startCollector } from '@weir/collector'
import { flow, shutdown } from '@weir/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { steps } from '../checks/matchers.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { prepareMode, runEvaluation } from './run-evaluation.ts'
import { useStore } from './testing.ts'

const store = useStore()
const walDirectory = mkdtempSync(join(tmpdir(), 'weir-wal-'))
let collector: Collector
let proxy: Server
let refusals = 0

beforeAll(async () => {
  collector = await startCollector({ host: '127.0.0.1', port: 0, store: store(), walDirectory })
  proxy = await startProxy()
})

afterAll(async () => {
  await shutdown()
  proxy.close()
  await collector.close()
  await rm(walDirectory, { recursive: true })
})

/** Refuses as many batches for good as `refusals` says; the others reach the collector. */
async function startProxy(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const { method = 'GET', url, headers } = request
    // The start of a run, which may be sent before, is no batch.
    if (method === 'POST' && refusals > 0 && body.length > 20_000) {
      refusals -= 1
      response.writeHead(400).end()
      return
    }
    const type = { 'content-type': headers['content-type'] ?? '' }
    const coding = headers['content-encoding']
    const answer = await fetch(`${collector.url}${url}`, {
      method,
      headers: coding === undefined ? type : { ...type, 'content-encoding': coding },
      ...(method === 'POST' ? { body } : {}),
    })
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

it('an experiment whose runs arrived without some of their spans is not judged by them', async () => {
  const { port } = proxy.address() as AddressInfo
  const mode = { kind: 'recorded', store: store(), endpoint: `http://127.0.0.1:${port}` } as const
  await prepareMode(mode)
  const apologise = flow('apologise', async () => {
    // As many as the SDK sends at once: they leave before the run ends.
    for (let i = 0; i < 512; i++) await flow.step('apologise', () => i)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await flow.step('think', () => 'it over')
  })
  const evaluation = evaluate('apologise', {
    task: apologise,
    data: [{ input: undefined }],
    checks: [steps.not.toHaveRun('apologise')],
  })
  const [all] = await runEvaluation(evaluation, mode, {})
  expect(all).toMatchObject({ status: 'failed', error: '' })
  refusals = 1
  const [some] = await runEvaluation(evaluation, mode, {})
  // The run says how many steps it had, so the check does not pass over those that were lost.
  expect(some).toMatchObject({ status: 'error', passed: 0 })
  expect(some!.trials[0]!.results.filter(({ kind }) => kind === 'check')).toMatchObject([
    { outcome: 'unverifiable', reason: expect.stringContaining('the spans of 512 steps were lost') },
  ])
  expect(some!.error).toBe(
    '512 spans of the runs did not arrive in Weir. The last export failed: HTTP 400 Bad Request.',
  )
})
