import {
  type Context,
  type ContextManager,
  context,
  createContextKey,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from '@opentelemetry/api'
import type { DurableRun } from '../durable/durable-run.ts'
import type { RunState } from '../flow/run-state.ts'
import { builtin } from '../platform.ts'
import { processWide } from '../process-wide.ts'
import { runtime } from '../runtime.ts'
import { validOnly } from './ids.ts'
import { isRecordedSpan, type RecordedSpan } from './span.ts'

/** What code belongs to while it runs: kept beside OpenTelemetry's context, which others may replace, lose or take over. */
export class Scope {
  readonly run: RunState | undefined
  readonly session: string | undefined
  /** Our innermost span. */
  readonly span: RecordedSpan | undefined
  /** Stops what runs in the scope. */
  readonly signal: AbortSignal | undefined
  /** Which of several branches that run at once this is, such as the keys of `flow.all`. */
  readonly branch: string
  /** Keeps what steps give, where the run has a store; not inside a step, which is kept as a whole. */
  readonly journal: DurableRun | undefined
  /** Labels of the steps around, from the outermost; kept only for a redaction hook. */
  readonly path: readonly string[]
  /** The context of OpenTelemetry's that somebody entered last; without our span unless `isForeign`. */
  readonly base: Context
  /** Somebody entered a context of OpenTelemetry's since our span was entered. */
  readonly isForeign: boolean
  #context: Context | undefined

  constructor(fields: ScopeFields, base: Context, isForeign: boolean) {
    this.run = fields.run
    this.session = fields.session
    this.span = fields.span
    this.signal = fields.signal
    this.branch = fields.branch
    this.path = fields.path
    this.journal = fields.journal
    this.base = base
    this.isForeign = isForeign
  }

  /** OpenTelemetry's context of the scope: made only for who asks, since it costs as much as a span. */
  get context(): Context {
    if (this.span === undefined || this.isForeign) return this.base
    this.#context ??= trace.setSpan(this.base, this.span.mirror ?? this.span)
    return this.#context
  }
}

export type ScopeFields = Pick<Scope, 'run' | 'session' | 'span' | 'signal' | 'branch' | 'path' | 'journal'>

interface ScopeStorage {
  getStore(): Scope | undefined
  run<A extends unknown[], R>(scope: Scope, fn: (...args: A) => R, ...args: A): R
}

const slot: { readonly storage: ScopeStorage; hasContextManager: boolean } = processWide('scope.2', () => ({
  storage: createStorage(),
  hasContextManager: false,
}))
const { storage } = slot

function createStorage(): ScopeStorage {
  const global = globalThis as { AsyncLocalStorage?: new () => ScopeStorage }
  const AsyncLocalStorage = (builtin('node:async_hooks')?.AsyncLocalStorage ?? global.AsyncLocalStorage) as
    | (new () => ScopeStorage)
    | undefined
  if (AsyncLocalStorage === undefined) {
    throw new Error(
      '@weir/sdk: expected a runtime with AsyncLocalStorage, such as Node, Bun, Deno or an edge runtime',
    )
  }
  return new AsyncLocalStorage()
}

/** Where code is that belongs to nothing of ours. */
export const OUTSIDE: Scope = new Scope(
  {
    run: undefined,
    session: undefined,
    span: undefined,
    signal: undefined,
    branch: '',
    path: [],
    journal: undefined,
  },
  ROOT_CONTEXT,
  false,
)

export function currentScope(): Scope {
  return storage.getStore() ?? OUTSIDE
}

/** Calls `fn` as if nobody had called it: what it does belongs to no run of the caller's. */
export function callOutside<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
  return callIn(OUTSIDE, ROOT_CONTEXT, fn, ...args)
}

/** Where a span begins. */
export interface Place {
  readonly parent: SpanContext | undefined
  /** The context that its own one adds to. */
  readonly base: Context
  /** Has the context around it, where that is not the base. */
  readonly around?: Scope
}

/**
 * Below OpenTelemetry's active span if that reaches Weir as well, else below our own innermost one. Outside of any run, below
 * the active span in any case: so the run is in the trace of the request that it serves.
 */
export function placeOf(scope: Scope): Place {
  runtime.current?.beforeFirstSpan()
  const span = scope.journal?.span ?? scope.span
  if (slot.hasContextManager && !scope.isForeign) {
    const parent = span === undefined ? trace.getSpanContext(scope.base) : span.spanContext()
    return { parent: validOnly(parent), base: scope.base, around: scope }
  }
  const base = context.active()
  const found = trace.getSpan(base)
  if (span === undefined) return { parent: validOnly(found?.spanContext()), base }
  if (found === undefined) return { parent: span.spanContext(), base: scope.context }
  if (found === span || found === span.mirror) return { parent: span.spanContext(), base }
  const reaches =
    isRecordedSpan(found) ||
    found.spanContext().isRemote === true ||
    (runtime.current?.attached === true && found.isRecording())
  return { parent: reaches ? found.spanContext() : span.spanContext(), base }
}

/** OpenTelemetry's context around a place. */
export function contextAround({ base, around }: Place): Context {
  return around?.context ?? base
}

/** Calls `fn` in a scope of these fields. */
export function callIn<A extends unknown[], R>(
  fields: ScopeFields,
  base: Context,
  fn: (...args: A) => R,
  ...args: A
): R {
  const scope = new Scope(fields, base, false)
  if (slot.hasContextManager) return storage.run(scope, fn, ...args)
  return context.with(scope.context, () => storage.run(scope, fn, ...args))
}

/** Calls `fn` where the caller is, but for what the fields say. */
export function callWith<A extends unknown[], R>(
  fields: Partial<ScopeFields>,
  fn: (...args: A) => R,
  ...args: A
): R {
  const { run, session, span, signal, branch, path, journal, base, isForeign } = currentScope()
  return storage.run(
    new Scope({ run, session, span, signal, branch, path, journal, ...fields }, base, isForeign),
    fn,
    ...args,
  )
}

/** OpenTelemetry's context manager where the application has none: the context of the scope. */
const contextManager: ContextManager = {
  active: () => storage.getStore()?.context ?? ROOT_CONTEXT,
  with: (context, fn, thisArg, ...args) =>
    storage.run(new Scope(currentScope(), context, true), () => fn.apply(thisArg as never, args)),
  bind: (context, target) =>
    typeof target === 'function'
      ? (function bound(this: unknown, ...args: unknown[]) {
          return contextManager.with(context, target as never, this as never, ...(args as never[]))
        } as typeof target)
      : target,
  enable: () => contextManager,
  disable: () => contextManager,
}

const PROBE = createContextKey('weir.probe')

/** Registers our context manager unless there is one; false if another version of the API does not let us. */
export function ensureContextManager(): boolean {
  const carried = context.with(ROOT_CONTEXT.setValue(PROBE, true), () => context.active().getValue(PROBE))
  slot.hasContextManager = carried !== true && context.setGlobalContextManager(contextManager)
  return carried === true || slot.hasContextManager
}

export function releaseContextManager(): void {
  if (slot.hasContextManager) context.disable()
  slot.hasContextManager = false
}
