import { expect, it } from 'vitest'
import { execute, rows } from '../store.ts'
import { useStore } from '../testing.ts'
import { apiKeyId, hashApiKey } from './api-key.ts'
import { createApiKey, forgetApiKeys, listApiKeys, revokeApiKey } from './api-keys.ts'

const store = useStore()

it('a key is stored as a hash, listed and revoked, whatever ClickHouse merges', async () => {
  const first = await createApiKey(store(), { name: "ann's laptop" })
  const second = await createApiKey(store(), { project: 'shop' })
  expect(first).toMatchObject({ project: 'default', id: apiKeyId(first.text), hash: hashApiKey(first.text) })
  expect(await listApiKeys(store())).toMatchObject([
    { id: first.id, project: 'default', name: "ann's laptop", revoked: false, hash: first.hash },
    { id: second.id, project: 'shop', name: '', revoked: false, hash: second.hash },
  ])
  expect(await revokeApiKey(store(), { id: first.id })).toMatchObject({ id: first.id, revoked: false })
  const revoked = await listApiKeys(store())
  expect(revoked.map((key) => key.revoked)).toEqual([true, false])
  await execute(store(), 'OPTIMIZE TABLE api_keys FINAL')
  expect(await listApiKeys(store())).toEqual(revoked)
  expect(await revokeApiKey(store(), { id: first.id })).toMatchObject({ revoked: true })
  expect(await revokeApiKey(store(), { id: 'unknown' })).toBeUndefined()
  expect(await listApiKeys(store())).toHaveLength(2)
})

it('the text of a key is nowhere in the table', async () => {
  const { text, id } = await createApiKey(store())
  const secret = text.slice(-64)
  const [row] = await rows<{ all: string; id: string }>(
    store(),
    `SELECT formatRow('JSONEachRow', *) AS all, key_id AS id FROM api_keys FINAL WHERE key_id = {id: String}`,
    { id },
  )
  expect(row!.id).toBe(id)
  expect(row!.all).not.toContain(secret)
})

it('keys are forgotten once all are revoked, and none comes back with what ClickHouse merges', async () => {
  for (const { id } of await listApiKeys(store())) await revokeApiKey(store(), { id })
  const last = await createApiKey(store())
  expect(await forgetApiKeys(store())).toMatchObject([{ id: last.id }])
  expect(await listApiKeys(store())).toHaveLength(4)
  await revokeApiKey(store(), { id: last.id })
  expect(await forgetApiKeys(store())).toEqual([])
  expect(await listApiKeys(store())).toEqual([])
  await execute(store(), 'OPTIMIZE TABLE api_keys FINAL')
  expect(await listApiKeys(store())).toEqual([])
  expect(await forgetApiKeys(store())).toEqual([])
})
