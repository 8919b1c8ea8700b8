import { createStore, requireKnownSchema, type Store, storeOptionsFromEnv } from '@weir/store'

const KEY = Symbol.for('weir.dashboard.store')
const holder = globalThis as { [KEY]?: { readonly store: Store; checked: number } }

/** Milliseconds until the schema is looked at again: a newer version may have migrated the database meanwhile. */
const CHECKED_FOR = 60_000

/**
 * The process's store; opened by the first request, so that nothing is read at build.
 * @throws SchemaError where a newer version has migrated the database
 */
export async function openStore(): Promise<Store> {
  holder[KEY] ??= { store: createStore(storeOptionsFromEnv()), checked: Number.NEGATIVE_INFINITY }
  const held = holder[KEY]
  const now = performance.now()
  if (now - held.checked > CHECKED_FOR) {
    await requireKnownSchema(held.store)
    held.checked = now
  }
  return held.store
}
