import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
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

it('an idle process ends at once', async () => {
  const { stdout } = await script("init(); console.log('done')", 'http://127.0.0.1:9')
  expect(stdout).toBe('done\n')
})

it('knows its own name and version', async () => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
  expect({ name: NAME, version: VERSION }).toEqual({ name: manifest.name, version: manifest.version })
})
