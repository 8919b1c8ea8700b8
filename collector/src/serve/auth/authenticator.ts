import { timingSafeEqual } from 'node:crypto'
import { apiKeyId, hashApiKey } from '@weir/store/keys'
import { backpressure, Refusal } from '../../refusal.ts'
import { type CredentialHeaders, keyOf } from './credentials.ts'
import type { KeyRing } from './key-ring.ts'

export interface AuthenticatorOptions {
  readonly ring: KeyRing
  /** The project of spans that come without a key, where none is required. */
  readonly project: string
  /** True where no other machine can reach the collector. */
  readonly isLoopback: boolean
}

/** The project that a request writes to, by its headers; rejects where it may not. */
export type Authorise = (headers: CredentialHeaders) => Promise<string>

/** Decides by its key what project a request writes to. */
export class Authenticator {
  readonly #ring: KeyRing
  readonly #project: string
  readonly #isLoopback: boolean

  constructor({ ring, project, isLoopback }: AuthenticatorOptions) {
    this.#ring = ring
    this.#project = project
    this.#isLoopback = isLoopback
  }

  /** A key is required as soon as one was made, also once all are revoked, and wherever other machines can send. */
  get requiresKey(): boolean {
    return !this.#isLoopback || this.#ring.made
  }

  /**
   * @throws Refusal where a valid key is missing
   * @throws Refusal where a key cannot be checked now: the sender shall keep its spans and try again
   */
  async authorise(headers: CredentialHeaders): Promise<string> {
    const text = keyOf(headers)
    const id = text === undefined ? undefined : apiKeyId(text)
    if (text !== undefined && id !== undefined) {
      const key = this.#ring.get(id) ?? (await this.#ring.search(id))
      if (key !== undefined && isHashOf(text, key.hash)) return key.project
      if (key === undefined && !this.#ring.isCurrent) throw unchecked()
    }
    if (!this.requiresKey) return this.#project
    if (this.#ring.size === undefined) throw unchecked()
    throw new Refusal('unauthenticated', text === undefined ? MISSING : INVALID)
  }
}

/** Takes the same time whatever the text has in common with the key. */
function isHashOf(text: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashApiKey(text), 'hex'), Buffer.from(hash, 'hex'))
}

function unchecked(): Refusal {
  return backpressure('API keys cannot be checked now, ClickHouse is away. Try again')
}

const HOW =
  '`weir keys create` makes one; send it as the header `authorization: Bearer <key>`, with Langfuse as its secret key, ' +
  'with LangSmith as its API key, with our SDK by WEIR_API_KEY'
const MISSING = `an API key is required: ${HOW}`
const INVALID = `the API key is not valid, unknown or revoked: ${HOW}`
