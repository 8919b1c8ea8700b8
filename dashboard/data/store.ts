import { createStore, type Store, storeOptionsFromEnv } from '@weir/store'

const KEY = Symbol.for('weir.dashboard.store')
const holder = globalThis as { [KEY]?: Store }

/** The process's store; opened by the first request, so that nothing is read at build. */
export function openStore(): Store {
  holder[KEY] ??= createStore(storeOptionsFromEnv())
  return holder[KEY]
}
