import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readRun } from './durable/run-record.ts'
import { sqliteStore } from './stores/sqlite.ts'
import { type CodeOfPage, codeOf, promisedBy } from './testing.markdown.ts'
import { type Receiver, receive } from './testing.ts'

let page: CodeOfPage
beforeAll(async () => {
  page = await codeOf('sdk/README.md')
})
afterAll(() => page[Symbol.asyncDispose]())

/** Tested by what imports or starts them. */
const PARTS = ['research.ts', 'payment.ts', 'measured.ts', 'api.ts', 'pixels.ts', 'instrumentation.ts']
const SCRIPTS = [
  'river.ts',
  'calls.ts',
  'steps.ts',
  'several.ts',
  'models.ts',
  'redact.ts',
  'thread.ts',
  'chat.ts',
]
const DRIVEN = ['tracing.ts', 'orders.ts', 'shop.ts', 'approve.ts', 'server.ts', 'caller.ts', 'observe.ts']

const spansOf = (receiver: Receiver) => receiver.requests.flatMap(({ spans }) => spans)
const lastOf = (receiver: Receiver, name: string) =>
  spansOf(receiver).findLast((span) => span.name === name) ?? expect.fail(`no span ${name}`)

it('every block has a name, and a test', () => {
  expect(page.unnamed).toEqual([])
  expect([...page.files.keys()].toSorted()).toEqual(
    [...PARTS, ...SCRIPTS, ...DRIVEN, 'measured.test.ts'].toSorted(),
  )
})

it('every block has the right types', async () => {
  expect(await page.problems()).toBe('')
})

it.each(SCRIPTS)('%s prints what it says', async (file) => {
  await using receiver = await receive()
  const env = { WEIR_ENDPOINT: receiver.url }
  expect(await page.run(file, { env })).toBe(promisedBy(page.files.get(file)))
})

it('the smallest flow is recorded', async () => {
  await using receiver = await receive()
  await page.run('river.ts', { env: { WEIR_ENDPOINT: receiver.url } })
  expect(spansOf(receiver).map(({ name }) => name)).toEqual(['find-facts', 'write', 'answer'])
  expect(receiver.requests[0]?.resource['service.name']).toBe('my-app')
})

it('values are redacted as it says', async () => {
  await using receiver = await receive()
  await page.run('redact.ts', { env: { WEIR_ENDPOINT: receiver.url } })
  expect(lastOf(receiver, 'greet').attributes['user.id']).toBe('somebody')
  expect(lastOf(receiver, 'hello').attributes).not.toHaveProperty(['output.value'])
})

it('a thread goes on with the run', async () => {
  await using receiver = await receive()
  await page.run('thread.ts', { env: { WEIR_ENDPOINT: receiver.url } })
  const [run, step] = [lastOf(receiver, 'resize'), lastOf(receiver, 'scale')]
  expect(step.attributes['weir.run.id']).toBe(run.attributes['weir.run.id'])
  expect(step.parentSpanId).toBe(lastOf(receiver, 'thread').spanId)
})

it('spans of libraries are sent beside ours', async () => {
  await using receiver = await receive()
  const code = `
    import { trace } from '@opentelemetry/api'
    import { flow } from '@weir/sdk'
    import { sdk } from './tracing.ts'
    await flow('serve', () => trace.getTracer('http').startActiveSpan('request', async (span) => {
      await flow.step('inside', () => 1)
      span.end()
    })).run()
    await sdk.shutdown()`
  await page.run('tracing.check.mjs', { code, env: { WEIR_ENDPOINT: receiver.url } })
  const [serve, request, inside] = ['serve', 'request', 'inside'].map((name) => lastOf(receiver, name))
  expect(request?.parentSpanId).toBe(serve?.spanId)
  expect(inside?.parentSpanId).toBe(request?.spanId)
})

it('a service goes on with the run of its caller', async () => {
  await using receiver = await receive()
  const code = `
    import { flow } from '@weir/sdk'
    import { server } from './orders.ts'
    server.listen(0, '127.0.0.1', async () => {
      const url = 'http://127.0.0.1:' + server.address().port
      const shop = flow('shop', async () => (await fetch(url, { headers: flow.context() })).text())
      console.log(await shop.run())
      server.close()
      server.closeAllConnections()
    })`
  const env = { WEIR_ENDPOINT: receiver.url }
  expect(await page.run('orders.check.mjs', { code, env })).toBe('book ordered\n')
  expect(lastOf(receiver, 'order').attributes['weir.run.parent_id']).toBe(
    lastOf(receiver, 'shop').attributes['weir.run.id'],
  )
})

it('a run that waits in a process that is killed goes on in another one', async () => {
  const shop = spawn(process.execPath, ['shop.ts'], {
    cwd: page.directory,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  shop.stdout.setEncoding('utf8')
  const [printed] = await once(shop.stdout, 'data')
  expect(printed).toBe(promisedBy(page.files.get('shop.ts')))
  const store = sqliteStore(join(page.directory, 'runs.db'))
  await expect.poll(async () => (await readRun(store, 'pay/order 17'))?.status).toBe('suspended')
  await store.close()
  shop.kill('SIGKILL')
  await once(shop, 'exit')
  expect(await page.run('approve.ts')).toBe(promisedBy(page.files.get('approve.ts')))
})

it('the store of one’s own meets the contract', async () => {
  expect(await page.run('measured.test.ts')).toMatch(/fail 0/)
})

it('a client calls what is served', async () => {
  const [port] = await freePorts(1)
  for (const file of ['server.ts', 'caller.ts']) {
    await writeFile(join(page.directory, file), page.files.get(file)!.replace('3456', String(port)))
  }
  const code = `
    import { once } from 'node:events'
    import { server } from './server.ts'
    if (!server.listening) await once(server, 'listening')
    await import('./caller.ts')
    server.close()
    server.closeAllConnections()`
  expect(await page.run('caller.check.mjs', { code })).toBe(promisedBy(page.files.get('caller.ts')))
})

it('clients of models are observed', async () => {
  await using receiver = await receive()
  const code = `
    import { init } from '@weir/sdk'
    const events = (...list) => new Response(list.map((data) => 'data: ' + JSON.stringify(data) + '\\n\\n').join('') + 'data: [DONE]\\n\\n', { headers: { 'content-type': 'text/event-stream' } })
    const named = (...list) => new Response(list.map((data) => 'event: ' + data.type + '\\ndata: ' + JSON.stringify(data) + '\\n\\n').join(''), { headers: { 'content-type': 'text/event-stream' } })
    const answers = {
      'api.openai.com': () => events({ id: 'c', model: 'gpt-5', choices: [{ index: 0, delta: { content: 'a draft' } }] }, { id: 'c', model: 'gpt-5', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
      'api.groq.com': () => Response.json({ id: 'g', model: 'llama', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'short' } }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }),
      'api.anthropic.com': () => named(
        { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 4, output_tokens: 0 } } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'fine' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 1 } },
        { type: 'message_stop' }),
    }
    globalThis.fetch = async (input) => answers[new URL(input.url ?? input).host]()
    init()
    const { review } = await import('./observe.ts')
    console.log(await review.run('text'))`
  const keys = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b' }
  expect(await page.run('observe.check.mjs', { code, env: { WEIR_ENDPOINT: receiver.url, ...keys } })).toBe(
    'fine\n',
  )
  const models = spansOf(receiver).filter(({ attributes }) => attributes['weir.kind'] === 'model')
  expect(models.map(({ attributes }) => attributes['gen_ai.provider.name'])).toEqual([
    'openai',
    'groq',
    'anthropic',
  ])
})
