import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it, vi } from 'vitest'
import { receive } from '../testing.ts'
import { NAME, VERSION } from '../version.ts'

const index = new URL('../index.ts', import.meta.url).href

/** Runs a script in a process of its own and gives what it wrote and how long it took. */
async function script(body: string, endpoint: string) {
  const begin = performance.now()
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [
      '--input-type=module',
      '--disable-warning=ExperimentalWarning',
      '-e',
      `import { flow, init } from '${index}'\n${body}`,
    ],
    { env: { PATH: process.env.PATH, WEIR_ENDPOINT: endpoint } },
  )
  return { stdout, stderr, milliseconds: performance.now() - begin }
}

it('a short script loses no span', async () => {
  await using receiver = await receive()
  const { stderr } = await script(
    "init(); await flow('f', () => flow.step('s', () => 1)).run()",
    receiver.url,
  )
  expect(receiver.requests.flatMap(({ spans }) => spans.map((span) => span.name))).toEqual(['s', 'f'])
  expect(stderr).toBe('')
})

it('ends soon when the collector is down, and says what was lost', async () => {
  const { stderr, milliseconds } = await script(
    "init(); await flow('f', () => 1).run()",
    'http://127.0.0.1:9',
  )
  expect(stderr).toContain('weir: spans not delivered before the process ended: 1')
  expect(milliseconds).toBeLessThan(8_000)
})

it('says at the end how many spans were lost in all', async () => {
  await using receiver = await receive()
  const { stderr } = await script(
    "init({ maxQueueSize: 1 }); await flow('f', () => flow.step('s', () => flow.step('t', () => 1))).run()",
    receiver.url,
  )
  const lost = (spans: number) => `weir: spans lost: ${spans} (1 were waiting, as many as the queue holds)`
  expect(stderr).toBe(`${lost(1)}\n${lost(2)}\n`)
})

it.each([
  ['process.exit', 'process.exit(3)', 3],
  ['an error that nobody catches', "setTimeout(() => { throw new Error('no') })", 1],
  ['a rejection that nobody handles', "void Promise.reject(new Error('no'))", 1],
])('%s loses nothing, and shows what had not ended', async (_, end, code) => {
  await using receiver = await receive()
  const failure = await script(
    `init()
    await flow('before', () => 1).run()
    void flow('cut', async () => {
      await flow.step('done', () => 1)
      await flow.step('stuck', () => { ${end}; return new Promise(() => {}) })
    }).run()
    setTimeout(() => {}, 60_000)`,
    receiver.url,
  ).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code })
  const spans = receiver.requests.flatMap((request) => request.spans)
  expect(spans.map(({ name, endTimeUnixNano }) => [name, endTimeUnixNano !== '0']).toSorted()).toEqual([
    ['before', true],
    ['cut', false],
    ['done', true],
    ['stuck', false],
  ])
})

it.each([
  ['of a collector that is down', 'init()', 1, /: 1 \(the tries before failed\)\n$/],
  ['of more spans than are sent then', 'init()', 2_100, /: 52 \(2048 are sent while it ends\)\n$/],
  [
    'of an exporter that sends in its own time',
    'init({ batch: true, exporter: { export() {}, shutdown: async () => {} } })',
    3,
    /: 3 \(the exporter takes none while it ends\)\n$/,
  ],
])('process.exit says what it loses: %s', async (_, init, runs, said) => {
  await using receiver = await receive()
  const { stderr } = await script(
    `import { flush } from '${index}'
    ${init}
    // In one turn of the event loop, so that nothing is sent in between.
    await Promise.all(Array.from({ length: ${runs} }, () => flow('f', () => 1).run()))
    ${runs === 1 ? 'while ((await flush({ timeout: 50 })).reason === undefined);' : ''}
    process.exit(0)`,
    runs === 1 ? 'http://127.0.0.1:9' : receiver.url,
  )
  expect(stderr).toContain('weir: spans not delivered before the process ended')
  expect(stderr).toMatch(said)
})

it('keeps only so many spans that never end, says so, and still sends those that do', async () => {
  await using receiver = await receive()
  const { stderr } = await script(
    `init()
    for (let n = 0; n < 10_020; n++) void flow('stuck', () => new Promise(() => {})).run()
    await flow('after', () => 1).run()`,
    receiver.url,
  )
  expect(stderr).toContain('weir: 10000 spans have not ended; of further ones only the ends are sent')
  expect(receiver.requests.flatMap(({ spans }) => spans.map(({ name }) => name))).toContain('after')
})

it('a process that is killed has said which run and which long step it was in', async () => {
  await using receiver = await receive()
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { flow, init } from '${index}'
      init()
      void flow('frozen', () => flow.step('stuck', () => new Promise(() => {}))).run()
      void flow('quick', () => 1).run()
      setInterval(() => {}, 60_000)`,
    ],
    { env: { PATH: process.env.PATH, WEIR_ENDPOINT: receiver.url }, stdio: 'inherit' },
  )
  const open = () =>
    receiver.requests
      .flatMap(({ spans }) => spans)
      .filter(({ endTimeUnixNano }) => endTimeUnixNano === '0')
      .map(({ name }) => name)
  await vi.waitFor(() => expect(open()).toEqual(['frozen', 'stuck']), 30_000)
  child.kill('SIGKILL')
})

it('an idle process ends at once', async () => {
  const { stdout } = await script("init(); console.log('done')", 'http://127.0.0.1:9')
  expect(stdout).toBe('done\n')
})

it('knows its own name and version', async () => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
  expect({ name: NAME, version: VERSION }).toEqual({ name: manifest.name, version: manifest.version })
})
