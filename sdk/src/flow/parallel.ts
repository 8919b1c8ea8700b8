import { checkKnown, expected } from '../errors.ts'
import { callWith, currentScope } from '../spans/scope.ts'
import { isCancellation } from './abort.ts'

export interface ParallelOptions<E extends 'cancel' | 'settle' = 'cancel' | 'settle'> {
  /** Branches that run at once. Default: all. */
  readonly concurrency?: number | undefined
  /**
   * `cancel` (the default): the first failure stops the steps of the other branches, and is thrown once all have ended.
   * `settle`: all run to their end, and the result says of each how it ended.
   */
  readonly onError?: E | undefined
}

export interface MapOptions<T, E extends 'cancel' | 'settle' = 'cancel' | 'settle'>
  extends ParallelOptions<E> {
  /** Identity of an item, for its steps. Default: its place in the list. */
  readonly key?: ((item: T, index: number) => string) | undefined
}

export type Settled<T> =
  | { readonly status: 'ok'; readonly value: T }
  | { readonly status: 'error'; readonly error: unknown }

type Branches = Readonly<Record<string, () => unknown>>

/** Runs the branches of a record at once; resolves to the record of what they give. The steps of a branch have its name as key. */
export interface RunAll {
  <R extends Branches>(
    branches: R,
    options: ParallelOptions<'settle'> & { readonly onError: 'settle' },
  ): Promise<{ [K in keyof R]: Settled<Awaited<ReturnType<R[K]>>> }>
  <R extends Branches>(
    branches: R,
    options?: ParallelOptions<'cancel'>,
  ): Promise<{ [K in keyof R]: Awaited<ReturnType<R[K]>> }>
}

/** Calls `fn` for every item, several at once; resolves to the list of what it gives, in the order of the items. */
export interface RunMap {
  <T, R>(
    items: Iterable<T>,
    fn: (item: T, index: number) => R,
    options: MapOptions<T, 'settle'> & { readonly onError: 'settle' },
  ): Promise<Settled<Awaited<R>>[]>
  <T, R>(
    items: Iterable<T>,
    fn: (item: T, index: number) => R,
    options?: MapOptions<T, 'cancel'>,
  ): Promise<Awaited<R>[]>
}

interface Branch {
  readonly key: string
  readonly fn: () => unknown
}

const KNOWN_OF_ALL = new Set(['concurrency', 'onError'])
const KNOWN_OF_MAP = new Set([...KNOWN_OF_ALL, 'key'])

export const runAll: RunAll = async (branches: Branches, options: ParallelOptions = {}) => {
  checkKnown('options of flow.all', options, KNOWN_OF_ALL)
  if (typeof branches !== 'object' || branches === null)
    throw expected('flow.all', 'a record of functions', branches)
  const list = Object.entries(branches).map(([key, fn]) => {
    if (typeof fn !== 'function') throw expected(`branch "${key}" of flow.all`, 'a function', fn)
    return { key, fn }
  })
  const results = await runBranches(list, options)
  return Object.fromEntries(results.map((result, index) => [list[index]!.key, result])) as never
}

export const runMap: RunMap = async <T>(
  items: Iterable<T>,
  fn: (item: T, index: number) => unknown,
  options: MapOptions<T> = {},
) => {
  checkKnown('options of flow.map', options, KNOWN_OF_MAP)
  if (typeof (items as Partial<Iterable<T>> | null | undefined)?.[Symbol.iterator] !== 'function') {
    throw expected('flow.map', 'a list or another iterable', items)
  }
  if (typeof fn !== 'function') throw expected('function of flow.map', 'a function', fn)
  const { key = (_: T, index: number) => String(index) } = options
  if (typeof key !== 'function') throw expected('key of flow.map', 'a function of the item', key)
  const list = Array.from(items, (item, index) => ({ key: key(item, index), fn: () => fn(item, index) }))
  return (await runBranches(list, options)) as never
}

async function runBranches(branches: readonly Branch[], options: ParallelOptions): Promise<unknown[]> {
  const { concurrency = Number.POSITIVE_INFINITY, onError = 'cancel' } = options
  if (concurrency !== Number.POSITIVE_INFINITY && (!Number.isInteger(concurrency) || concurrency < 1)) {
    throw expected('concurrency', 'a whole number, 1 or more', concurrency)
  }
  if (onError !== 'cancel' && onError !== 'settle') throw expected('onError', '"cancel" or "settle"', onError)
  const scope = currentScope()
  const others = new AbortController()
  const signal = scope.signal === undefined ? others.signal : AbortSignal.any([scope.signal, others.signal])
  const results: Settled<unknown>[] = []
  let first: { readonly error: unknown } | undefined
  let next = 0
  const work = async () => {
    while (next < branches.length && first === undefined) {
      const index = next++
      const { key, fn } = branches[index] as Branch
      const branch = scope.branch === '' ? key : `${scope.branch}/${key}`
      try {
        const value = await callWith(onError === 'cancel' ? { branch, signal } : { branch }, async () => fn())
        results[index] = { status: 'ok', value }
      } catch (error) {
        results[index] = { status: 'error', error }
        if (onError === 'settle' || first !== undefined || isCancellation(error, signal)) continue
        first = { error }
        others.abort(new DOMException('Another branch failed', 'AbortError'))
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, branches.length) }, work))
  if (onError === 'settle') return results
  const failed = first ?? results.find((result) => result.status === 'error')
  if (failed !== undefined) throw (failed as { error: unknown }).error
  return results.map((result) => (result as { value: unknown }).value)
}
