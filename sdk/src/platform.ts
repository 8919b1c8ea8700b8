/** The modules of Node that are used where there are any. They are not imported, so that bundles for edge runtimes load. */
interface Modules {
  'node:async_hooks': typeof import('node:async_hooks')
  'node:diagnostics_channel': typeof import('node:diagnostics_channel')
  'node:events': typeof import('node:events')
  'node:fs': typeof import('node:fs')
  'node:http': typeof import('node:http')
  'node:https': typeof import('node:https')
  'node:worker_threads': typeof import('node:worker_threads')
  'node:zlib': typeof import('node:zlib')
}

/** A module of Node; undefined in a runtime that has none of that name. */
export function builtin<N extends keyof Modules>(name: N): Modules[N] | undefined {
  try {
    return globalThis.process?.getBuiltinModule?.(name) as Modules[N] | undefined
  } catch {
    return undefined
  }
}

/** Calls `fn` when the process ends, where the runtime tells. Gives a function that undoes it. */
export function onProcess(event: 'beforeExit' | 'exit', fn: () => void): () => void {
  try {
    globalThis.process?.on?.(event, fn)
  } catch {
    // Next's edge runtime has these functions, and each throws.
    return () => {}
  }
  return () => void globalThis.process?.off?.(event, fn)
}

/** A `FinalizationRegistry`; one that never calls `cleanup` in a runtime that has none. */
export function finalizationRegistry<T>(
  cleanup: (held: T) => void,
): Pick<FinalizationRegistry<T>, 'register' | 'unregister'> {
  if (typeof FinalizationRegistry === 'undefined') return { register: () => {}, unregister: () => false }
  return new FinalizationRegistry(cleanup)
}

/** A timer that keeps no process alive. */
export function setBackgroundTimer(fn: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(fn, milliseconds)
  // A number in runtimes other than Node.
  ;(timer as { unref?(): void }).unref?.()
  return timer
}

/** A variable of the environment without spaces around it; undefined where it is not set, empty or not to be read. */
export function environmentVariable(name: string): string | undefined {
  try {
    return globalThis.process?.env?.[name]?.trim() || undefined
  } catch {
    // Deno asks for a permission.
    return undefined
  }
}
