import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Installation, run, startInstallation, until } from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let weir: Installation

beforeAll(async () => {
  weir = await startInstallation()
})
afterAll(() => weir?.[Symbol.asyncDispose]())

async function statusOf(key?: string): Promise<number> {
  const response = await fetch(`${weir.collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: '{}',
  })
  await response.arrayBuffer()
  return response.status
}

interface ListedKey {
  readonly id: string
  readonly project: string
  readonly name: string
  readonly revoked: boolean
}

const listed = async () => JSON.parse((await weir.weir(['keys', 'list', '--json'])).stdout) as ListedKey[]

test('the life of a key, and of what sends with it', async () => {
  expect((await weir.weir(['keys', 'list'])).stdout).toMatch(/no key yet: weir keys create/)
  expect(await statusOf()).toBe(200)

  const made = await weir.weir(['keys', 'create', '--name', 'ci'])
  expect(made.code).toBe(0)
  const key = made.stdout.trim()
  expect(key).toMatch(/^weir_[0-9a-f]{12}_[0-9a-f]{64}$/)
  expect(made.stderr).toMatch(/not shown again/)
  expect(made.stderr).not.toContain(key)
  const id = key.split('_')[1]!
  expect(await listed()).toMatchObject([{ id, name: 'ci', project: 'default', revoked: false }])
  expect(JSON.stringify(await weir.weir(['keys', 'list']))).not.toContain(key.slice(-64))

  expect(
    await until(
      () => statusOf(),
      (status) => status === 401,
    ),
  ).toBe(401)
  expect(await statusOf(key)).toBe(200)
  const early = await weir.weir(['keys', 'open'])
  expect(early).toMatchObject({ code: 2, stderr: expect.stringMatching(`keys are valid still: ${id}`) })
  // What sends says what is missing, before it does anything.
  const program = join(import.meta.dirname, '..', '..', '..', 'examples', 'research', 'research.eval.ts')
  const refused = await weir.weir(['eval', program])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(/does not accept WEIR_API_KEY: an API key is required/)
  const evaluated = await run([join('cli', 'bin', 'weir.js'), 'eval', program], {
    ...weir.env,
    WEIR_API_KEY: key,
  })
  expect(evaluated, evaluated.stdout + evaluated.stderr).toMatchObject({ code: 0 })

  // Whoever has only the key may give that; it is not repeated.
  const revoked = await weir.weir(['keys', 'revoke', key])
  expect(revoked).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(`key ${id} of project default is revoked`),
  })
  expect(revoked.stdout).toMatch(/no valid key is left, so collectors take no spans.*\n.*weir keys open$/m)
  expect(revoked.stdout).not.toContain(key)
  expect((await weir.weir(['keys', 'revoke', id])).stdout).toMatch(/was revoked already/)
  expect((await weir.weir(['keys', 'list'])).stdout).toMatch(new RegExp(`${id} .* revoked`))
  await until(
    () => statusOf(key),
    (status) => status === 401,
  )
  expect(await statusOf()).toBe(401)
  await weir.stop()
  await weir.restart()
  expect(await statusOf()).toBe(401)
  await until(
    async () => weir.output(),
    (output) => output.includes('All API keys are revoked'),
  )
  const opened = await weir.weir(['keys', 'open'])
  expect(opened).toMatchObject({ code: 0, stdout: expect.stringMatching(/there is no key any more/) })
  expect((await weir.weir(['keys', 'list'])).stdout).toMatch(/no key yet/)
  await until(
    () => statusOf(),
    (status) => status === 200,
  )

  const log = readFileSync(join(weir.home, 'log', 'collector.log'), 'utf8')
  expect(log).not.toContain(key.slice(-64))
})

describe('exit code 2 for what cannot be meant', () => {
  test.for<[string[], RegExp]>([
    [['keys'], /Usage: weir keys/],
    [['keys', 'make'], /unknown command 'make'/],
    [['keys', 'create', 'ci'], /too many arguments/],
    [['keys', 'create', '--name', ''], /Expected 1 to 100 characters on one line/],
    [['keys', 'create', '--project', 'a\nb'], /Expected 1 to 100 characters on one line/],
    [['keys', 'revoke'], /missing required argument 'id'/],
    [['keys', 'revoke', '0123456789ab'], /there is no key "0123456789ab"; there is no valid key at all/],
    [['keys', 'revoke', `weir_0123456789ab_${'0'.repeat(64)}`], /there is no key "0123456789ab";/],
  ])('%j', async ([args, message]) => {
    const completed = await weir.weir(args)
    expect(completed.stderr).toMatch(message)
    expect(completed.code).toBe(2)
    expect(completed.stderr).not.toContain('0'.repeat(64))
  })
})
