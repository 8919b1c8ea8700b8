import { afterAll, beforeAll, inject } from 'vitest'
import { migrate } from './migrate.ts'
import { createStore, execute, insert, rows, type Store } from './store.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    clickhouseUrl: string
  }
}

/** A migrated database of the test file's own, dropped at its end. */
export function useStore(): () => Store {
  let store: Store
  beforeAll(async () => {
    const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
    store = createStore({ url: inject('clickhouseUrl'), database })
    await migrate(store)
  })
  afterAll(async () => {
    await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database: store.database })
    await store.close()
  })
  return () => store
}

type Before = (request: number, query: string | undefined) => void | Promise<void>

/** The store, with `before` called (and awaited) before each request, with the request's number from 1. */
export function intercepted(store: Store, before: Before): Store {
  return interceptedIf(store, () => true, before)
}

/**
 * The same, where only requests that write are counted. A process that dies before a read leaves what it leaves when it
 * dies before the write that follows.
 */
export function interceptedWrites(store: Store, before: Before): Store {
  return interceptedIf(
    store,
    ({ query }) => query === undefined || /^\s*(INSERT|ALTER|DELETE)/.test(query),
    before,
  )
}

function interceptedIf(
  store: Store,
  isCounted: (request: { query?: string }) => boolean,
  before: Before,
): Store {
  const { client } = store
  let requests = 0
  const counted =
    <P extends object, R>(method: (params: P) => Promise<R>) =>
    async (params: P): Promise<R> => {
      const request: { query?: string } = params
      if (isCounted(request)) await before(++requests, request.query)
      return method.call(client, params)
    }
  const methods = {
    query: counted(client.query),
    command: counted(client.command),
    insert: counted(client.insert),
    exec: counted(client.exec),
  }
  return { ...store, client: Object.assign(Object.create(client), methods) }
}

/** A span as a test writes it; times are milliseconds from {@link EPOCH_MS}. */
export interface TestSpan {
  readonly kind: string
  readonly name: string
  readonly at: number
  /** Null: not ended. */
  readonly ms: number | null
  readonly columns: Readonly<Record<string, unknown>>
  readonly children: readonly TestSpan[]
}

/** 2026-01-01T00:00:00Z */
export const EPOCH_MS = 1_767_225_600_000

/** `span('step', 'plan', 0, 10, { status: 'error' }, child, ...)`; other options are columns of `spans`. */
export function span(
  kind: string,
  name: string,
  at: number,
  ms: number | null,
  ...rest: readonly (TestSpan | Record<string, unknown>)[]
): TestSpan {
  const isSpan = (value: object): value is TestSpan => 'children' in value
  const columns = Object.assign({}, ...rest.filter((value) => !isSpan(value)))
  return { kind, name, at, ms, columns, children: rest.filter(isSpan) }
}

/** Rows of `spans` for trees of one trace. Ids are ASCII: `trace` padded to 16 characters, spans numbered in order. */
export function spanRows(trace: string, ...roots: readonly TestSpan[]): Record<string, unknown>[] {
  const spans: Record<string, unknown>[] = []
  const visit = (node: TestSpan, parent: string): void => {
    const id = String(node.columns.span_id ?? `s${spans.length}`).padEnd(8, '_')
    const status = node.ms === null ? 'running' : 'ok'
    spans.push({
      trace_id: trace.padEnd(16, '_'),
      span_id: id,
      parent_span_id: parent,
      name: node.name,
      kind: node.kind,
      declared_flow: node.kind === 'flow' ? node.name : '',
      status,
      step_index: -1,
      start: time(node.at),
      end: node.ms === null ? 0 : time(node.at + node.ms),
      project: 'default',
      ...node.columns,
      ...(node.columns.span_id ? { span_id: id } : {}),
    })
    for (const child of node.children) visit(child, id)
  }
  for (const root of roots) visit(root, '')
  return spans
}

function time(ms: number): string {
  return new Date(EPOCH_MS + ms).toISOString().replace('T', ' ').replace('Z', '')
}

export async function insertSpans(store: Store, trace: string, ...roots: readonly TestSpan[]): Promise<void> {
  await insert(store, 'spans', spanRows(trace, ...roots))
}

/** The hex id of a test's trace or span id. */
export function hex(id: string, length = 16): string {
  return Buffer.from(id.padEnd(length, '_')).toString('hex')
}

/** Later than anything that a test has inserted, but before anything expires: everything is quiet. */
export function later(): Date {
  return new Date(Date.now() + 300_000)
}

/**
 * The settled runs of some flows, one line each, e.g.
 * `research ok 0+100 plan#0 ok 0+10 | search#0 error 10+5 x2 in 0` (times in ms; `x2`: attempts, `in 0`: parent step).
 */
export async function describeRuns(store: Store, where: string): Promise<string[]> {
  const found = await rows<{ line: string }>(
    store,
    `SELECT concat(
      flow, ' ', status, if(incomplete, '? ', ' '),
      toString(toUnixTimestamp64Milli(start) - {epoch:Int64}), '+', toString(intDiv(duration_ns, 1000000)), ' ',
      arrayStringConcat(arrayMap((name, nth, status, at, ns, attempts, fallback, parent) -> concat(
        name, '#', toString(nth), ' ', status, ' ', toString(intDiv(at, 1000000)), '+', toString(intDiv(ns, 1000000)),
        if(attempts > 1, concat(' x', toString(attempts)), ''), if(fallback, ' fallback', ''),
        if(parent >= 0, concat(' in ', toString(parent)), '')),
        step_names, step_occurrences, step_statuses, step_starts_ns, step_durations_ns, step_attempts,
        step_fallbacks, step_parents), ' | ')) AS line
    FROM runs FINAL
    WHERE ${where}
    ORDER BY start, run_id`,
    { epoch: EPOCH_MS },
  )
  return found.map((row) => row.line.trim())
}
