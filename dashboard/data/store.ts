import { createStore, requireKnownSchema, type Store, storeOptionsFromEnv, whileAnswering } from '@weir/store'

/** How long a query of a page may take. ClickHouse ends it then; the client waits a little longer for its word. */
export const DEADLINE_S = 30
const CLIENT_DEADLINE_MS = 33_000

/** How long ClickHouse may leave a ping unanswered while it is asked for a page: within 3 s the page names it. */
const TIMEOUT_MS = 2_000

const KEY = Symbol.for('weir.dashboard.store')
const holder = globalThis as { [KEY]?: { readonly store: Store; checked: number } }

/** Milliseconds until the schema is looked at again: a newer version may have migrated the database meanwhile. */
const CHECKED_FOR = 60_000

/**
 * Reads from the process's store; it is opened by the first request, so that nothing is read at build. Queries go on for as
 * long as ClickHouse answers pings, up to their deadline.
 * @throws SchemaError where a newer version has migrated the database
 * @throws StoreSilentError where ClickHouse does not answer a ping for `timeoutMs`
 */
export function readStore<T>(read: (store: Store) => Promise<T>, timeoutMs = TIMEOUT_MS): Promise<T> {
  holder[KEY] ??= { store: openStore(), checked: Number.NEGATIVE_INFINITY }
  const held = holder[KEY]
  return whileAnswering(
    held.store,
    async (store) => {
      const now = performance.now()
      if (now - held.checked > CHECKED_FOR) {
        await requireKnownSchema(store)
        held.checked = now
      }
      return read(store)
    },
    timeoutMs,
  )
}

function openStore(): Store {
  return createStore({
    ...storeOptionsFromEnv(),
    timeout: CLIENT_DEADLINE_MS,
    maxExecutionSeconds: DEADLINE_S,
  })
}
