/** Comparing, writing and hashing go down into a value by recursion, and Node's stack ends at about 1,500 levels. */
export const DEEPEST = 500

/** Whether arrays and objects are nested too deep to be judged or hashed. */
export function isTooDeep(value: unknown): boolean {
  const left = [{ value, depth: 0 }]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value: container, depth } = next
    if (typeof container !== 'object' || container === null) continue
    if (depth === DEEPEST) return true
    for (const inner of Object.values(container)) {
      if (typeof inner === 'object') left.push({ value: inner, depth: depth + 1 })
    }
  }
  return false
}
