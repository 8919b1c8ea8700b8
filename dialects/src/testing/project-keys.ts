import { randomBytes } from 'node:crypto'
import { execute, type Store } from '@weir/store'
import { apiKeyId, hashApiKey } from '@weir/store/keys'

/** An API key for each project, so that one collector writes to all of them: the header `authorization` by project. */
export async function createProjectKeys(
  store: Store,
  projects: readonly string[],
): Promise<(project: string) => string> {
  const keys = new Map(projects.map((project) => [project, randomKey()]))
  const texts = [...keys.values()]
  await execute(
    store,
    `INSERT INTO api_keys (project, key_id, key_hash)
    SELECT project, id, unhex(hash) FROM (SELECT 1)
    ARRAY JOIN {projects: Array(String)} AS project, {ids: Array(String)} AS id, {hashes: Array(String)} AS hash`,
    { projects: [...keys.keys()], ids: texts.map(apiKeyId), hashes: texts.map(hashApiKey) },
  )
  return (project) => `Bearer ${keys.get(project)}`
}

function randomKey(): string {
  return `weir_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('hex')}`
}
