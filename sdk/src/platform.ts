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

/** A variable of the environment without spaces around it; undefined where it is not set or empty. */
export function environmentVariable(name: string): string | undefined {
  const value = globalThis.process?.env?.[name]?.trim()
  return value === '' ? undefined : value
}
