import { migrate, type Store } from '@weir/store'
import { type Config, readConfig } from './config.ts'
import { openStore } from './open-store.ts'

/** Runs `use` with an open store whose tables exist, and closes it. */
export async function withStore<T>(use: (store: Store, config: Config) => Promise<T>): Promise<T> {
  const config = readConfig()
  const store = await openStore(config)
  try {
    await migrate(store)
    return await use(store, config)
  } finally {
    await store.close()
  }
}
