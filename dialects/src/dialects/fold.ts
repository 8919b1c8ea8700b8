const MAX_SEGMENTS = 16

type Node = Map<string, Node> | string | number | boolean

/**
 * Folds indexed attributes into one JSON array: `0.message.role` and `0.message.content` become
 * `[{"role": ..., "content": ...}]`. Entries are the paths behind the family's name, with their values.
 * @param unwrap a segment that only wraps each item
 */
export function foldIndexed(
  entries: readonly (readonly [string, string | number | boolean])[],
  unwrap?: string,
): string {
  const root: Node = new Map()
  for (const [path, value] of entries) place(root, path.split('.', MAX_SEGMENTS), value)
  const folded = toJson(root)
  if (unwrap === undefined || !Array.isArray(folded)) return JSON.stringify(folded)
  return JSON.stringify(folded.map((item) => unwrapped(item, unwrap)))
}

function place(root: Map<string, Node>, segments: readonly string[], value: Node): void {
  let node = root
  for (const segment of segments.slice(0, -1)) {
    let next = node.get(segment)
    if (!(next instanceof Map)) {
      next = new Map()
      node.set(segment, next)
    }
    node = next
  }
  const last = segments.at(-1)!
  if (!(node.get(last) instanceof Map)) node.set(last, value)
}

/** Digits as keys mean an array, in the order of the numbers; gaps close, so that no index can blow it up. */
function toJson(node: Node): unknown {
  if (!(node instanceof Map)) return node
  const entries = [...node]
  if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) {
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => toJson(value))
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, toJson(value)]))
}

function unwrapped(item: unknown, key: string): unknown {
  if (typeof item !== 'object' || item === null) return item
  const keys = Object.keys(item)
  return keys.length === 1 && keys[0] === key ? (item as Record<string, unknown>)[key] : item
}

export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
