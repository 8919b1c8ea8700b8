import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/** What is needed to check a key. */
export interface KnownKey {
  readonly id: string
  readonly project: string
  /** SHA-256 of the key's text, hex. */
  readonly hash: string
}

/** What is known of keys without asking ClickHouse. */
export interface KnownKeys {
  /** Those that are valid. */
  readonly keys: readonly KnownKey[]
  /** Whether a key was ever made, and not forgotten: revoked ones count. */
  readonly made: boolean
}

const fileSchema = z.object({
  keys: z.array(
    z.object({ id: z.string().min(1), project: z.string().min(1), hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
  /** Missing in files of older versions. */
  made: z.boolean().optional(),
})

/** The keys as they were last known; undefined where the file is missing or cannot be used. */
export function readKeyFile(path: string): KnownKeys | undefined {
  try {
    const { keys, made = keys.length > 0 } = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    return { keys, made }
  } catch {
    return undefined
  }
}

/** Only hashes, and still for the owner alone. Replaced at once, so that no crash leaves half a file. */
export function writeKeyFile(path: string, known: KnownKeys): void {
  const next = `${path}.next`
  writeFileSync(next, JSON.stringify(known), { mode: 0o600, flush: true })
  renameSync(next, path)
}
