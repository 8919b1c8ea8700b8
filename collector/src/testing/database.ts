import { createStore, execute, migrate, type Store } from '@weir/store'

export interface TestStore extends Store {
  /** Removes the database and closes the connection. */
  drop(): Promise<void>
}

/** A migrated database of its own. */
export async function createTestStore(url: string, database: string): Promise<TestStore> {
  const store = createStore({ url, database })
  await migrate(store)
  const drop = async () => {
    await execute(store, 'DROP DATABASE {database: Identifier}', { database })
    await store.close()
  }
  return { ...store, drop }
}
