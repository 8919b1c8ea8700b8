import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict'
import type { Entry, Store } from './store.ts'

export type { Entry, ListOptions, Store } from './store.ts'

/** One requirement on stores; `run` rejects if it is not met. */
export interface StoreRequirement {
  readonly name: string
  run(): Promise<void>
}

/**
 * What a {@link Store} must do, for a test runner of your choice:
 *
 * ```ts
 * for (const { name, run } of storeContract((space) => myStore({ table: space }))) test(name, run)
 * ```
 *
 * @param open a handle on the data that `space` names: 12 letters and digits. The same space twice is two handles on the same data
 */
export function storeContract(open: (space: string) => Store | Promise<Store>): readonly StoreRequirement[] {
  return Object.entries(REQUIREMENTS).map(([name, requirement]) => ({
    name,
    async run() {
      const space = `s${crypto.randomUUID().slice(-11)}`
      const handles: Store[] = []
      const openHandle = async () => {
        const handle = await open(space)
        handles.push(handle)
        return handle
      }
      try {
        await requirement(await openHandle(), openHandle)
      } finally {
        await Promise.all(handles.map((handle) => handle.close()))
      }
    },
  }))
}

type Requirement = (store: Store, open: () => Promise<Store>) => Promise<void>

const REQUIREMENTS: Readonly<Record<string, Requirement>> = {
  async 'a key that was never written is missing'(store) {
    equal(await store.get('a'), undefined)
    equal(await store.put('a', 'x', 1), undefined)
    equal(await store.delete('a', 1), false)
    deepEqual(await store.list(''), [])
  },

  async 'put without a version writes only a new key'(store) {
    const version = await store.put('a', 'x')
    ok(Number.isSafeInteger(version) && version! > 0, `a version is a positive safe integer, got ${version}`)
    equal(await store.put('a', 'y'), undefined)
    deepEqual(await store.get('a'), { key: 'a', value: 'x', version })
  },

  async 'put with a version writes only over that version'(store) {
    const first = await write(store, 'a', 'x')
    const second = await write(store, 'a', 'y', first)
    equal(await store.put('a', 'z', first), undefined)
    equal(await store.put('a', 'z', second + 1), undefined)
    deepEqual(await store.get('a'), { key: 'a', value: 'y', version: second })
  },

  async 'delete removes only its version'(store) {
    const first = await write(store, 'a', 'x')
    const second = await write(store, 'a', 'y', first)
    equal(await store.delete('a', first), false)
    equal(await store.delete('a', second), true)
    equal(await store.delete('a', second), false)
    equal(await store.get('a'), undefined)
    deepEqual(await store.list(''), [])
  },

  async 'a key that was deleted and written again has a version of its own'(store) {
    const first = await write(store, 'a', 'x')
    ok(await store.delete('a', first))
    const second = await write(store, 'a', 'x')
    notEqual(second, first)
    equal(await store.put('a', 'y', first), undefined)
    equal(await store.delete('a', first), false)
    deepEqual(await store.get('a'), { key: 'a', value: 'x', version: second })
  },

  async 'later writes have greater versions, on all keys and handles'(store, open) {
    const other = await open()
    const versions: number[] = []
    for (const [index, key] of ['m', 'z', 'a', 'q', 'b'].entries()) {
      versions.push(await write(index % 2 === 0 ? store : other, key, 'x'))
    }
    versions.push(await write(other, 'a', 'y', versions[2]))
    deepEqual(versions, [...new Set(versions)].toSorted(ascending))
  },

  async 'keys and values are any text'(store) {
    await Promise.all(
      TEXTS.map(async (text) => {
        const version = await write(store, text, text)
        deepEqual(await store.get(text), { key: text, value: text, version })
        deepEqual(await store.list(text, { limit: 1 }), [{ key: text, value: text, version }])
        ok(await store.delete(text, version))
      }),
    )
  },

  async 'values may be empty, or have a megabyte'(store) {
    for (const value of ['', 'ab"\\\n'.repeat(200_000), '\u{1F30A}ß水'.repeat(110_000)]) {
      await write(store, `a${value.length}`, value)
      equal((await store.get(`a${value.length}`))?.value, value)
    }
  },

  async 'keys have up to 2,048 bytes'(store) {
    const keys = ['k'.repeat(1000), 'k'.repeat(2048), randomText(682)]
    await writeAll(store, keys)
    for (const key of keys) equal((await store.get(key))?.key, key)
  },

  async 'text that not all stores can keep is refused'(store) {
    const wrong = ['', 'a\0', '\ud800', 'a\udfffb', 'a\u{10FFFF}', 'k'.repeat(2049), randomText(683)]
    for (const key of wrong) {
      await rejects(async () => store.get(key))
      await rejects(async () => store.put(key, 'x'))
      await rejects(async () => store.delete(key, 1))
    }
    for (const value of ['a\0', '\ud800', 'a\udfffb']) await rejects(async () => store.put('a', value))
    deepEqual(await store.list(''), [])
  },

  async 'list is in the byte order of UTF-8'(store) {
    const keys = [...TEXTS, ...Array.from({ length: 100 }, () => randomText(3)), 'a/10', 'a/9', 'B', 'b']
    const unique = [...new Set(keys)]
    await writeAll(store, unique)
    deepEqual(keysOf(await store.list('')), unique.toSorted(byteOrder))
  },

  async 'a prefix matches as it is'(store) {
    const texts = TEXTS.flatMap((text) => [text, `${text}/`, `${text}/1`, `x${text}`])
    const keys = [...new Set(texts)].toSorted(byteOrder)
    await writeAll(store, keys)
    await Promise.all(
      keys.map(async (prefix) => {
        const expected = keys.filter((key) => key.startsWith(prefix))
        deepEqual(keysOf(await store.list(prefix)), expected, `prefix ${JSON.stringify(prefix)}`)
      }),
    )
  },

  async 'pages hold every entry once'(store) {
    const keys = Array.from({ length: 130 }, (_, index) => `p/${index}`).toSorted(byteOrder)
    await writeAll(store, [...keys, 'o/1', 'q/1'])
    for (const limit of [9, 130, 1000]) {
      const found: string[] = []
      for (;;) {
        const page = await store.list('p/', { after: found.at(-1) ?? '', limit })
        ok(page.length <= limit)
        if (page.length === 0) break
        found.push(...keysOf(page))
      }
      deepEqual(found, keys)
    }
    deepEqual(keysOf(await store.list('p/', { after: 'a', limit: 1 })), [keys[0]])
    deepEqual(await store.list('p/', { after: 'q' }), [])
  },

  async 'a list gives 1,000 entries unless it is told otherwise'(store) {
    await writeAll(
      store,
      Array.from({ length: 1001 }, (_, index) => `k${index}`),
    )
    equal((await store.list('k')).length, 1000)
    equal((await store.list('k', { limit: 2000 })).length, 1001)
    for (const limit of [0, -1, 1.5, Number.NaN]) await rejects(async () => store.list('k', { limit }))
  },

  async 'of 100 writes over one version, one wins'(store, open) {
    const handles = [store, await open()]
    let version: number | undefined
    for (let round = 0; round < 5; round++) {
      const over = version
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, index) => handles[index % 2]!.put('a', `${round} ${index}`, over)),
      )
      const winners = answers.flatMap((answer, index) => (answer === undefined ? [] : [{ answer, index }]))
      equal(winners.length, 1)
      version = winners[0]!.answer
      deepEqual(await store.get('a'), { key: 'a', value: `${round} ${winners[0]!.index}`, version })
    }
  },

  async 'of 20 deletions of one version, one wins'(store, open) {
    const handles = [store, await open()]
    const version = await write(store, 'a', 'x')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => handles[index % 2]!.delete('a', version)),
    )
    equal(answers.filter(Boolean).length, 1)
  },

  async 'no update is lost between two handles'(store, open) {
    const handles = [store, await open()]
    await write(store, 'counter', '0')
    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        for (let count = 0; count < 5; count++) await increment(handles[index % 2]!, 'counter')
      }),
    )
    equal((await store.get('counter'))?.value, '50')
  },

  async 'what one handle wrote, another one sees'(store, open) {
    const other = await open()
    const version = await write(store, 'a', 'x')
    deepEqual(await other.get('a'), { key: 'a', value: 'x', version })
    const second = await write(other, 'a', 'y', version)
    deepEqual(await store.list('a'), [{ key: 'a', value: 'y', version: second }])
    equal(await store.put('a', 'z', version), undefined)
    ok(await store.delete('a', second))
    equal(await other.get('a'), undefined)
  },

  async 'entries and versions outlive their handle'(store, open) {
    const first = await write(store, 'a', 'x')
    const gone = await write(store, 'b', 'x')
    ok(await store.delete('b', gone))
    await store.close()
    await store.close()
    const again = await open()
    deepEqual(await again.list(''), [{ key: 'a', value: 'x', version: first }])
    ok((await write(again, 'b', 'y')) > gone)
  },
}

const TEXTS = [
  'plain',
  'a',
  'A',
  'a%',
  'a_',
  'a*',
  'a?',
  'a[b]',
  'a\\',
  'a\\%',
  "a'--",
  'a"$1',
  'a{b}',
  '(a',
  '[a',
  ' a ',
  'a\n\t\r',
  '\u0001',
  '\u007f',
  'é',
  'e\u0301',
  'ß',
  'ſ',
  'İ',
  '水',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{1F30A}',
  '\u{10FFFE}',
]

async function write(store: Store, key: string, value: string, version?: number): Promise<number> {
  const written = await store.put(key, value, version)
  ok(written !== undefined, `the write of ${JSON.stringify(key.slice(0, 80))} was refused`)
  return written
}

async function writeAll(store: Store, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => write(store, key, 'x')))
}

async function increment(store: Store, key: string): Promise<void> {
  for (;;) {
    const { value, version } = (await store.get(key))!
    if ((await store.put(key, String(Number(value) + 1), version)) !== undefined) return
  }
}

/** Characters of three bytes each, which no index can compress. */
function randomText(length: number): string {
  const random = () => 0x4e00 + Math.floor(Math.random() * 0x5000)
  return String.fromCharCode(...Array.from({ length }, random))
}

function keysOf(entries: readonly Entry[]): string[] {
  return entries.map(({ key }) => key)
}

function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function ascending(a: number, b: number): number {
  return a - b
}
