import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const index = new URL('./index.ts', import.meta.url).href

it('loads and runs flows where the runtime has no FinalizationRegistry', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--input-type=module',
      '--disable-warning=ExperimentalWarning',
      '-e',
      `delete globalThis.FinalizationRegistry
      const { flow, init } = await import('${index}')
      const spans = []
      init({ exporter: { export: (batch, done) => { spans.push(...batch); done({ code: 0 }) }, shutdown: async () => {} } })
      const read = flow('read', async function () {
        let text = ''
        for await (const chunk of await flow.step('chunks', async function* () { yield 'a'; yield 'b' })) text += chunk
        return text
      })
      console.log(await read.run(), spans.map(({ name }) => name).join())`,
    ],
    { env: { PATH: process.env.PATH } },
  )
  expect(stdout).toBe('ab chunks,read\n')
})
