/**
 * State that a process has once, whatever copies of this package it loads: two versions, or the ES modules beside the CommonJS
 * build. A value of another shape needs another name.
 */
export function processWide<T extends object>(name: string, create: () => T): T {
  const slot = Symbol.for(`weir.sdk.${name}`)
  const shared = globalThis as { [slot: symbol]: T | undefined }
  shared[slot] ??= create()
  return shared[slot]
}
