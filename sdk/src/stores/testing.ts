import fc from 'fast-check'
import { expect } from 'vitest'
import type { Entry, Store } from './store.ts'

declare module 'vitest' {
  /** What the global setups of the test projects provide. */
  export interface ProvidedContext {
    redisUrl: string
    postgresUrl: string
  }
}

const key = fc.constantFrom('a', 'a/1', 'a/10', 'a/2', 'a%', 'A', 'é', '\uffff', '\u{1F30A}')
const value = fc.string({ unit: 'binary', maxLength: 5 }).filter((text) => !text.includes('\0'))
/** Which version a write names: that of the entry, none, or one of the writes before. */
const over = fc.oneof(fc.constant('current'), fc.constant('none'), fc.nat(20))
const operation = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, value, over }),
  fc.record({ kind: fc.constant('delete'), key, over }),
  fc.record({ kind: fc.constant('get'), key }),
  fc.record({
    kind: fc.constant('list'),
    prefix: fc.constantFrom('', 'a', 'a/', 'é', 'zz'),
    after: fc.option(key, { nil: '' }),
    limit: fc.integer({ min: 1, max: 5 }),
  }),
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** Random histories on two handles give what a Map gives. */
export async function checkHistories(open: () => Promise<readonly Store[]>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), operation), { maxLength: 40 }), async (history) => {
      const handles = await open()
      const model = new Map<string, Entry>()
      const versions: number[] = []
      for (const [handle, each] of history) await compare(handles[handle]!, model, versions, each)
      for (const handle of handles) await handle.close()
    }),
    { numRuns },
  )
}

async function compare(
  store: Store,
  model: Map<string, Entry>,
  versions: number[],
  each: Operation,
): Promise<void> {
  switch (each.kind) {
    case 'get':
      expect(await store.get(each.key)).toEqual(model.get(each.key))
      break
    case 'list':
      expect(await store.list(each.prefix, each)).toEqual(listed(model, each))
      break
    case 'put': {
      const version = toVersion(model, versions, each)
      const written = await store.put(each.key, each.value, version)
      expect(written !== undefined).toBe(model.get(each.key)?.version === version)
      if (written === undefined) break
      expect(written).toBeGreaterThan(versions.at(-1) ?? 0)
      versions.push(written)
      model.set(each.key, { key: each.key, value: each.value, version: written })
      break
    }
    case 'delete': {
      const version = toVersion(model, versions, each) ?? 1e9
      const deleted = model.get(each.key)?.version === version
      expect(await store.delete(each.key, version)).toBe(deleted)
      if (deleted) model.delete(each.key)
    }
  }
}

function toVersion(
  model: Map<string, Entry>,
  versions: readonly number[],
  { key, over }: { key: string; over: 'current' | 'none' | number },
): number | undefined {
  if (over === 'none') return undefined
  return over === 'current' ? model.get(key)?.version : versions[over % Math.max(1, versions.length)]
}

function listed(
  model: Map<string, Entry>,
  { prefix, after, limit }: { prefix: string; after: string; limit: number },
): Entry[] {
  const bytes = (text: string) => Buffer.from(text)
  return [...model.values()]
    .filter((entry) => entry.key.startsWith(prefix) && Buffer.compare(bytes(entry.key), bytes(after)) > 0)
    .toSorted((a, b) => Buffer.compare(bytes(a.key), bytes(b.key)))
    .slice(0, limit)
}
