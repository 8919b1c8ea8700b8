import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, context, type Span, trace } from '@opentelemetry/api'
import type { RunState } from './run-state.ts'

/** What the code that is running belongs to. */
export interface Scope {
  readonly run: RunState | undefined
  readonly session: string | undefined
  /** OpenTelemetry's context with our innermost span. */
  readonly context: Context | undefined
}

/** Ours, since OpenTelemetry's context is lost where another version of its API came first. One per process, as the runtime. */
const SLOT = Symbol.for('weir.sdk.scope.1')
const shared = globalThis as { [SLOT]?: AsyncLocalStorage<Scope> }
shared[SLOT] ??= new AsyncLocalStorage()
const storage = shared[SLOT]

const OUTSIDE: Scope = { run: undefined, session: undefined, context: undefined }

export function currentScope(): Scope {
  return storage.getStore() ?? OUTSIDE
}

/** The context to start a span in: OpenTelemetry's where it has a span, ours or the application's, else that of the scope. */
export function parentContext(scope: Scope): Context {
  const active = context.active()
  return scope.context === undefined || trace.getSpan(active) !== undefined ? active : scope.context
}

/**
 * Calls `fn` below the span, in OpenTelemetry's context. A scope is entered only where it says something new: for another
 * run, or where OpenTelemetry has no context manager that would find the span.
 */
export function callBelow<A extends unknown[], R>(
  span: Span,
  parent: Context,
  scope: Pick<Scope, 'run' | 'session'>,
  fn: (...args: A) => R,
  ...args: A
): R {
  const inner = trace.setSpan(parent, span)
  return context.with(inner, enter<A, R>, undefined, inner, scope, fn, args)
}

function enter<A extends unknown[], R>(
  inner: Context,
  scope: Pick<Scope, 'run' | 'session'>,
  fn: (...args: A) => R,
  args: A,
): R {
  if (scope === currentScope() && context.active() === inner) return fn(...args)
  return storage.run({ run: scope.run, session: scope.session, context: inner }, fn, ...args)
}

/** Calls `fn` in a scope of that session. */
export function callInSession<R>(session: string, fn: () => R): R {
  return storage.run({ ...currentScope(), session }, fn)
}
