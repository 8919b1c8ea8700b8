import { execute, rows, type Store } from '../store.ts'
import { generateApiKey, type NewApiKey } from './api-key.ts'

/** A stored key. */
export interface ApiKey {
  readonly id: string
  /** Spans that are sent with the key belong to this project. */
  readonly project: string
  readonly name: string
  /** Milliseconds since 1970. */
  readonly created: number
  readonly revoked: boolean
  /** SHA-256 of the key's text, hex. */
  readonly hash: string
}

/** Makes a key for a project, by default the store's own. */
export async function createApiKey(
  store: Store,
  { name = '', project = store.project }: { readonly name?: string; readonly project?: string } = {},
): Promise<NewApiKey & { readonly project: string }> {
  const key = generateApiKey()
  await write(store, { ...key, project, name, created: Date.now(), revoked: false })
  return { ...key, project }
}

/** The keys of all projects, oldest first. */
export async function listApiKeys(store: Store): Promise<ApiKey[]> {
  const found = await rows<Omit<ApiKey, 'revoked'> & { revoked: number }>(
    store,
    `SELECT key_id AS id, project, name, toFloat64(toUnixTimestamp64Milli(created)) AS created, revoked,
       lower(hex(key_hash)) AS hash
     FROM api_keys FINAL ORDER BY created, id`,
  )
  return found.map((row) => ({ ...row, revoked: row.revoked === 1 }))
}

/** Revokes a key for good; gives it as it was before, or undefined if there is none of this id. */
export async function revokeApiKey(
  store: Store,
  { id }: { readonly id: string },
): Promise<ApiKey | undefined> {
  const key = (await listApiKeys(store)).find((candidate) => candidate.id === id)
  if (key !== undefined && !key.revoked) await write(store, { ...key, revoked: true })
  return key
}

/**
 * Removes all keys where each of them is revoked, as if none had ever been made.
 * @returns those that are valid; with any, nothing is removed
 */
export async function forgetApiKeys(store: Store): Promise<readonly ApiKey[]> {
  const keys = await listApiKeys(store)
  const valid = keys.filter(({ revoked }) => !revoked)
  if (valid.length > 0) return valid
  // By id: a revoked key is two rows until they are merged, and the older one is valid.
  const ids = keys.map(({ id }) => id)
  if (ids.length > 0)
    await execute(store, 'DELETE FROM api_keys WHERE key_id IN {ids: Array(String)}', { ids })
  return []
}

/** Not as JSON: `key_hash` is bytes. */
async function write(store: Store, { id, project, name, created, revoked, hash }: ApiKey): Promise<void> {
  await execute(
    store,
    `INSERT INTO api_keys (project, key_id, key_hash, name, created, revoked)
     SELECT {project: String}, {id: String}, unhex({hash: String}), {name: String},
       fromUnixTimestamp64Milli({created: Int64}, 'UTC'), {revoked: UInt8}`,
    { project, id, hash, name, created, revoked: revoked ? 1 : 0 },
  )
}
