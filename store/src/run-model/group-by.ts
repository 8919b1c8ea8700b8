/** Like `Map.groupBy`, for what mostly follows each other: spans of one trace, of one run. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  let [key, group]: [string, T[] | undefined] = ['', undefined]
  for (const item of items) {
    const own = keyOf(item)
    if (group === undefined || own !== key) {
      key = own
      group = groups.get(key) ?? []
      if (group.length === 0) groups.set(key, group)
    }
    group.push(item)
  }
  return groups
}
