import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Flow, flow, resumeRuns, signal } from '../index.ts'
import { sqliteStore } from '../stores/sqlite.ts'
import type { Store } from '../stores/store.ts'
import { record } from '../testing.ts'
import { Dispatcher } from './dispatcher.ts'
import { schedule } from './due.ts'
import { finishRun } from './held-run.ts'
import { acquireLease } from './lease.ts'
import { changeRun } from './run-record.ts'

const approval = signal<string>('approval')

let directory = ''
let child: ChildProcess | undefined
let store: Store
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-durable-'))
  writeFileSync(effects(), '')
  store = sqliteStore(join(directory, 'runs.db'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await store.close()
  rmSync(directory, { recursive: true })
})

const effects = () => join(directory, 'effects')
const done = () => readFileSync(effects(), 'utf8').trim().split('\n')

/** The flow as both processes have it: each step leaves a line. */
const source = `(flow, approval, store, effect) => flow('order', { store, version: '1' }, async (item) => {
  await flow.step('reserve', () => effect('reserve ' + item))
  const [by] = await Promise.all([
    flow.wait(approval),
    flow.step('notify', async () => { effect('notify'); await globalThis.block?.() ; return 'sent' }),
  ])
  await flow.step('charge', () => effect('charge ' + by))
  return item + ' for ' + by
})`

const START = `order.start('book', { id: 'run 1' })
setInterval(() => {}, 60_000)`

/** Starts a run in a process of its own, and gives its id once \`ready\` is written. */
function startElsewhere(block: boolean, use: string = START): void {
  const at = (path: string) => new URL(path, import.meta.url).href
  child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--disable-warning=ExperimentalWarning',
      '-e',
      `import { appendFileSync } from 'node:fs'
      import { flow, signal } from '${at('../index.ts')}'
      import { sqliteStore } from '${at('../stores/sqlite.ts')}'
      if (${block}) globalThis.block = () => new Promise(() => {})
      const effect = (line) => appendFileSync('${effects()}', line + '\\n')
      const order = (${source})(flow, signal('approval'), sqliteStore('${join(directory, 'runs.db')}'), effect)
      ${use}`,
    ],
    { stdio: 'inherit' },
  )
}

const define = new Function(`return ${source}`)() as (...args: unknown[]) => Flow<string, string>
const order = (version = '1') => {
  const effect = (line: string) => appendFileSync(effects(), `${line}\n`)
  const versioned = Object.assign(
    (name: string, options: object, handler: never) => flow(name, { ...options, version }, handler),
    {
      step: flow.step,
      wait: flow.wait,
    },
  )
  return define(versioned, approval, store, effect)
}

it('a run that waits when its process is killed goes on in another one, and no step happens twice', async () => {
  startElsewhere(false)
  await expect.poll(() => order().get('run 1').status()).toBe('suspended')
  child?.kill('SIGKILL')
  await using recording = record()
  const here = order()
  const stop = resumeRuns([here])
  await here.get('run 1').signal(approval, 'Ada')
  expect(await here.get('run 1').result()).toBe('book for Ada')
  await stop()
  expect(done()).toEqual(['reserve book', 'notify', 'charge Ada'])
  const run = recording.only('order')
  expect(run.attributes).toMatchObject({
    'weir.run.id': 'run 1',
    'weir.run.status': 'ok',
    'weir.run.steps': 3,
  })
  expect(recording.only('charge').parentSpanContext?.spanId).toBe(run.spanContext().spanId)
  expect(recording.named('reserve')).toEqual([])
})

it('a run whose process is killed in a step goes on once its lease has run out: that step happens again, no other', async () => {
  const said = vi.spyOn(console, 'warn').mockImplementation(() => {})
  startElsewhere(true)
  await expect.poll(done).toEqual(['reserve book', 'notify'])
  child?.kill('SIGKILL')
  const here = order('2')
  const stop = resumeRuns([here])
  await here.get('run 1').signal(approval, 'Ada')
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(await here.get('run 1').status()).toBe('running')
  // As if half a minute had passed.
  await changeRun(store, 'run 1', (run) => ({ ...run, lease: { ...run.lease, expires: 0 } }))
  await schedule(store, 'run 1', 0)
  expect(await here.get('run 1').result()).toBe('book for Ada')
  await stop()
  expect(done()).toEqual(['reserve book', 'notify', 'notify', 'charge Ada'])
  expect(said.mock.calls.flat()).toEqual([
    'weir: run run 1 of flow "order" was started by version 1 and goes on with version 2',
  ])
  said.mockRestore()
})

it('who waits for a run here hears how it ended elsewhere', async () => {
  const here = order()
  const result = here.run('book', { id: 'run 1' })
  await expect.poll(() => here.get('run 1').status()).toBe('suspended')
  // As another process would.
  const lease = (await acquireLease(store, 'run 1', { owner: 'other', duration: 60_000, now: Date.now() }))!
  await finishRun(store, lease, { status: 'ok', output: 'elsewhere' }, Date.now())
  expect(await result).toBe('elsewhere')
})

it('two processes that resume, and one that began, agree on one end', async () => {
  startElsewhere(false)
  await expect.poll(() => order().get('run 1').status()).toBe('suspended')
  const here = order()
  const stop = resumeRuns([here])
  await here.get('run 1').signal(approval, 'Ada')
  expect(await here.get('run 1').result()).toBe('book for Ada')
  await stop()
  expect(done()).toEqual(['reserve book', 'notify', 'charge Ada'])
})

it('a process that asks for a run begun elsewhere waits for its result, while the run waits for a signal', async () => {
  const run = order().start('book', { idempotencyKey: 'k' })
  await expect.poll(() => order().get(run.id).status()).toBe('suspended')
  Dispatcher.of(store).forget(run.id)
  startElsewhere(false, `effect('result ' + (await order.run('book', { idempotencyKey: 'k' })))`)
  await expect
    .poll(() => order().get(run.id).record())
    .toMatchObject({ status: 'suspended', lease: { epoch: 2 } })
  // Time for a process to end that nothing keeps alive.
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(child?.exitCode).toBeNull()
  await order().get(run.id).signal(approval, 'Ada')
  await expect.poll(done).toContain('result book for Ada')
})
