import { join } from 'node:path'
import { isLoopback } from '@weir/config'
import { createStore, type Store } from '@weir/store'
import { listApiKeys } from '@weir/store/keys'
import type { Log } from '../../log.ts'
import { Authenticator, type Authorise } from './authenticator.ts'
import { KeyRing } from './key-ring.ts'

export interface OpenAuthenticator {
  /** @see Authenticator.authorise */
  readonly authorise: Authorise
  close(): Promise<void>
}

/** Milliseconds without an answer after which keys count as unreadable. */
const TIMEOUT = 5_000
/** Beside the log, which keeps working for the same time without ClickHouse. */
const FILE = 'api-keys.json'
const NO_KEY =
  'no API key exists and the address is not loopback: all spans are refused until `weir keys create`'
const ALL_REVOKED =
  'all API keys are revoked: all spans are refused until `weir keys create`, or on loopback `weir keys open`'

/** Reads the keys for a collector that listens at `host`, and says in its log who may send. */
export async function openAuthenticator(options: {
  readonly store: Pick<Store, 'url' | 'database' | 'project'>
  readonly host: string
  readonly directory: string
  readonly log: Log
}): Promise<OpenAuthenticator> {
  const { host, directory, log } = options
  const store = createStore({ ...options.store, timeout: TIMEOUT })
  const ring = new KeyRing({ load: () => listApiKeys(store), file: join(directory, FILE), log })
  await ring.start()
  const { project } = store
  const authenticator = new Authenticator({ ring, project, isLoopback: isLoopback(host) })
  void ring.known.then(() => {
    if (!authenticator.requiresKey) log.info({ host, project }, 'spans are taken without an API key')
    else if (ring.size === 0) log.warn({ host }, ring.made ? ALL_REVOKED : NO_KEY)
    else log.info({ host, keys: ring.size }, 'an API key is required')
  })
  return {
    authorise: (headers) => authenticator.authorise(headers),
    close: async () => {
      ring.close()
      await store.close()
    },
  }
}
