import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiKey, apiKeyId, hashApiKey } from '@weir/store/keys'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Log } from '../../log.ts'
import { Authenticator } from './authenticator.ts'
import { KeyRing } from './key-ring.ts'

const UNAUTHENTICATED = { reason: 'unauthenticated' }
const BACKPRESSURE = { reason: 'backpressure' }

let directory: string
let rings: KeyRing[]
/** What ClickHouse has; undefined: it is away. */
let stored: ApiKey[] | undefined
let asked: number

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-auth-'))
  rings = []
  stored = []
  asked = 0
})
afterEach(() => {
  for (const ring of rings) ring.close()
  rmSync(directory, { recursive: true })
})

const textOf = (digit: string) => `weir_${digit.repeat(12)}_${digit.repeat(64)}`
const keyOf = (digit: string, project: string, revoked = false): ApiKey => {
  const text = textOf(digit)
  return { id: apiKeyId(text)!, project, name: '', created: 0, revoked, hash: hashApiKey(text) }
}
const file = () => join(directory, 'api-keys.json')

async function start(isLoopback = true): Promise<Authenticator> {
  const load = async () => {
    asked += 1
    if (stored === undefined) throw new Error('away')
    return stored
  }
  const ring = new KeyRing({ load, file: file(), log: new Log('silent') })
  rings.push(ring)
  await ring.start()
  return new Authenticator({ ring, project: 'own', isLoopback })
}

const bearer = (digit: string) => `Bearer ${textOf(digit)}`
const base64 = (text: string) => Buffer.from(text).toString('base64')

test('without a key anywhere, loopback takes what comes', async () => {
  const auth = await start()
  expect(auth.requiresKey).toBe(false)
  for (const header of [undefined, 'Bearer of something in front', bearer('a')]) {
    expect(await auth.authorise({ authorization: header })).toBe('own')
  }
})

test('without a key anywhere, other addresses take nothing, and say how to make one', async () => {
  const auth = await start(false)
  expect(auth.requiresKey).toBe(true)
  await expect(auth.authorise({})).rejects.toMatchObject(UNAUTHENTICATED)
  await expect(auth.authorise({})).rejects.toThrow(/API key is required: `weir keys create`/)
  await expect(auth.authorise({ authorization: bearer('a') })).rejects.toThrow(
    /not valid, unknown or revoked/,
  )
})

describe('as soon as there is a key', () => {
  test('it is required, and decides the project', async () => {
    stored = [keyOf('a', 'shop'), keyOf('b', 'desk'), keyOf('c', 'old', true)]
    const auth = await start()
    expect(await auth.authorise({ authorization: bearer('a') })).toBe('shop')
    expect(await auth.authorise({ authorization: bearer('b') })).toBe('desk')
    // As HTTP and SDKs write it.
    expect(await auth.authorise({ authorization: `bearer   ${textOf('a')}` })).toBe('shop')
    expect(await auth.authorise({ authorization: `Bearer%20${textOf('a')}` })).toBe('shop')
    const wrongSecret = `Bearer ${textOf('a').slice(0, -1)}b`
    const wrong = [
      undefined,
      '',
      'Bearer',
      textOf('a'),
      `Basic ${textOf('a')}`,
      wrongSecret,
      bearer('c'),
      bearer('d'),
    ]
    for (const header of [...wrong, `${bearer('a')} `.repeat(2), 'Bearer weir_']) {
      await expect(auth.authorise({ authorization: header }), header).rejects.toMatchObject(UNAUTHENTICATED)
    }
  })

  test.for([
    ['Langfuse', (key: string) => ({ authorization: `Basic ${base64(`pk-lf-1:${key}`)}` })],
    ['Langfuse without a public key', (key: string) => ({ authorization: `basic ${base64(`:${key}`)}` })],
    [
      'an SDK that does not decode its variable',
      (key: string) => ({
        authorization: `Basic%20${base64(`pk:${key}`).replaceAll('=', '%3D')}`,
      }),
    ],
    ['LangSmith', (key: string) => ({ 'x-api-key': key })],
    [
      'LangSmith, behind what has a key of its own',
      (key: string) => ({ authorization: 'Bearer x', 'x-api-key': key }),
    ],
  ] as const)('its text is read where clients have it by default: %s', async ([_, headersOf]) => {
    stored = [keyOf('a', 'shop'), keyOf('b', 'desk')]
    const auth = await start()
    expect(await auth.authorise(headersOf(textOf('a')))).toBe('shop')
    for (const wrong of [textOf('c'), `${textOf('a')}x`, ''])
      await expect(auth.authorise(headersOf(wrong))).rejects.toThrow(/not valid, unknown or revoked/)
  })

  test('of two, the one in `authorization` counts', async () => {
    stored = [keyOf('a', 'shop'), keyOf('b', 'desk')]
    const auth = await start()
    const both = (digit: string) => ({ authorization: bearer(digit), 'x-api-key': textOf('b') })
    expect(await auth.authorise(both('a'))).toBe('shop')
    await expect(auth.authorise(both('c'))).rejects.toMatchObject(UNAUTHENTICATED)
  })

  test.for([
    `Basic ${textOf('a')}`,
    `Basic ${base64(textOf('a'))}`,
    `Basic ${base64(`${textOf('a')}:secret`)}`,
    'Basic ====',
    'Basic',
    `Digest ${base64(`pk:${textOf('a')}`)}`,
  ])('it is nowhere else: %s', async (authorization) => {
    stored = [keyOf('a', 'shop')]
    await expect((await start()).authorise({ authorization })).rejects.toMatchObject(UNAUTHENTICATED)
  })

  test('a key that was just made works at once, and strangers do not make us ask for each request', async () => {
    stored = [keyOf('a', 'shop')]
    const auth = await start()
    stored = [...stored, keyOf('b', 'desk')]
    expect(await auth.authorise({ authorization: bearer('b') })).toBe('desk')
    const before = asked
    await Promise.allSettled(
      Array.from({ length: 500 }, () => auth.authorise({ authorization: bearer('e') })),
    )
    expect(asked - before).toBeLessThanOrEqual(1)
  })

  test('a revoked one stops working, and the last one opens nothing before all are forgotten', async () => {
    stored = [keyOf('a', 'shop'), keyOf('b', 'desk')]
    const auth = await start()
    stored = [keyOf('a', 'shop', true), keyOf('b', 'desk')]
    await rings[0]!.refresh()
    await expect(auth.authorise({ authorization: bearer('a') })).rejects.toMatchObject(UNAUTHENTICATED)
    stored = [keyOf('a', 'shop', true), keyOf('b', 'desk', true)]
    await rings[0]!.refresh()
    for (const header of [undefined, bearer('a'), bearer('b'), bearer('c')]) {
      await expect(auth.authorise({ authorization: header })).rejects.toMatchObject(UNAUTHENTICATED)
    }
    stored = []
    await rings[0]!.refresh()
    expect(await auth.authorise({})).toBe('own')
  })

  test('one that is revoked from the start counts', async () => {
    stored = [keyOf('a', 'shop', true)]
    await expect((await start()).authorise({})).rejects.toThrow(/API key is required: `weir keys create`/)
  })
})

describe('while ClickHouse is away', () => {
  test('keys that were known are checked, over a restart too', async () => {
    stored = [keyOf('a', 'shop'), keyOf('c', 'old', true)]
    const first = await start(false)
    stored = undefined
    await rings[0]!.refresh()
    const second = await start(false)
    for (const auth of [first, second]) {
      expect(await auth.authorise({ authorization: bearer('a') })).toBe('shop')
      await expect(auth.authorise({})).rejects.toMatchObject(UNAUTHENTICATED)
      // It may have been made since: its spans must not be lost.
      await expect(auth.authorise({ authorization: bearer('b') })).rejects.toMatchObject(BACKPRESSURE)
    }
  })

  test('that all are revoked is known over a restart', async () => {
    stored = [keyOf('a', 'shop', true)]
    await start()
    stored = undefined
    const auth = await start()
    expect(auth.requiresKey).toBe(true)
    await expect(auth.authorise({})).rejects.toMatchObject(UNAUTHENTICATED)
    await expect(auth.authorise({ authorization: bearer('b') })).rejects.toMatchObject(BACKPRESSURE)
  })

  test('a file of an older version is read', async () => {
    const { id, project, hash } = keyOf('a', 'shop')
    stored = undefined
    writeFileSync(file(), JSON.stringify({ keys: [{ id, project, hash }] }))
    const auth = await start()
    expect(await auth.authorise({ authorization: bearer('a') })).toBe('shop')
    await expect(auth.authorise({})).rejects.toMatchObject(UNAUTHENTICATED)
    writeFileSync(file(), JSON.stringify({ keys: [] }))
    expect(await (await start()).authorise({})).toBe('own')
  })

  test('that there were none is known over a restart', async () => {
    await start()
    stored = undefined
    expect(await (await start()).authorise({})).toBe('own')
  })

  test('where nothing was ever known: loopback takes what has no key, all else has to come again', async () => {
    stored = undefined
    expect(await (await start()).authorise({})).toBe('own')
    await expect((await start()).authorise({ authorization: bearer('a') })).rejects.toMatchObject(
      BACKPRESSURE,
    )
    const open = await start(false)
    await expect(open.authorise({})).rejects.toMatchObject(BACKPRESSURE)
    await expect(open.authorise({ authorization: bearer('a') })).rejects.toMatchObject(BACKPRESSURE)
  })
})

test('the file holds hashes only, for the owner alone', async () => {
  stored = [keyOf('a', 'shop')]
  await start()
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  expect(readFileSync(file(), 'utf8')).toContain(hashApiKey(textOf('a')))
  expect(readFileSync(file(), 'utf8')).not.toContain('a'.repeat(64))
})

test('a broken file is as good as none', async () => {
  writeFileSync(file(), '{"keys":[{"id":"')
  stored = undefined
  await expect((await start(false)).authorise({ authorization: bearer('a') })).rejects.toMatchObject(
    BACKPRESSURE,
  )
})
