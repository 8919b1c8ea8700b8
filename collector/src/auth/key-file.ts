import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/** What is needed to check a key. */
export interface KnownKey {
  readonly id: string
  readonly project: string
  /** SHA-256 of the key's text, hex. */
  readonly hash: string
}

const fileSchema = z.object({
  keys: z.array(
    z.object({ id: z.string().min(1), project: z.string().min(1), hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
})

/** The keys as they were last known; undefined where the file is missing or cannot be used. */
export function readKeyFile(path: string): readonly KnownKey[] | undefined {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).keys
  } catch {
    return undefined
  }
}

/** Only hashes, and still for the owner alone. Replaced at once, so that no crash leaves half a file. */
export function writeKeyFile(path: string, keys: readonly KnownKey[]): void {
  const next = `${path}.next`
  writeFileSync(next, JSON.stringify({ keys }), { mode: 0o600, flush: true })
  renameSync(next, path)
}
