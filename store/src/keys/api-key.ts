import { hash, randomBytes } from 'node:crypto'

const ID_BYTES = 6
const SECRET_BYTES = 32
const SHAPE = /^weir_([0-9a-f]{12})_[0-9a-f]{64}$/

/** A key as it is made: the only moment at which its text is known. */
export interface NewApiKey {
  /** `weir_<id>_<secret>`, to be sent as `authorization: Bearer <text>`. */
  readonly text: string
  /** Public: names the key in lists and in `weir keys revoke`. */
  readonly id: string
  /** SHA-256 of `text`, hex. */
  readonly hash: string
}

export function generateApiKey(): NewApiKey {
  const id = randomBytes(ID_BYTES).toString('hex')
  const text = `weir_${id}_${randomBytes(SECRET_BYTES).toString('hex')}`
  return { text, id, hash: hashApiKey(text) }
}

/** The public id of a key, or undefined where the text does not have the shape of one. */
export function apiKeyId(text: string): string | undefined {
  return SHAPE.exec(text)?.[1]
}

/**
 * SHA-256, hex. A slow hash or a salt would protect a password, which can be guessed; there are 2^256 secrets, so that
 * a stolen hash cannot be reversed by trying, and each request is spared the time that a slow hash takes.
 */
export function hashApiKey(text: string): string {
  return hash('sha256', text)
}
