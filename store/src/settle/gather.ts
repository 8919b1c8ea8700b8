/** Below this many elements a lambda that captures the array is faster; its memory grows with the square. */
const SMALL = 200

/**
 * SQL for `values[index]` of every index, as an array; index 0 gives the type's default. Both arguments are names of
 * array columns. ClickHouse copies an array that a lambda captures once per element, so long arrays go another way:
 * values and questions are sorted together, every question takes the value before it, and sorting back restores
 * the order. That is O(n log n) in time and O(n) in memory.
 * @param largest the longest array that can occur
 */
export function gather(values: string, indexes: string, largest: number): string {
  return largest <= SMALL ? `arrayMap(i -> ${values}[i], ${indexes})` : gatherSorted(values, indexes)
}

function gatherSorted(values: string, indexes: string): string {
  const count = `length(${values})`
  const padded = `arrayResize(arrayPushFront(${values}, ${values}[${count} + 1]), 1 + ${count} + length(${indexes}))`
  // Unique keys (the position in the low half), so that every sort below breaks ties alike.
  const keys = `arrayMap((key, i) -> bitShiftLeft(toUInt64(key), 32) + i,
    arrayConcat([0], arrayMap(i -> i * 2, arrayEnumerate(${values})), arrayMap(i -> i * 2 + 1, ${indexes})),
    range(1 + ${count} + length(${indexes})))`
  const order = `arraySort((i, key) -> key, range(1 + ${count} + length(${indexes})), ${keys})`
  const filled = `arrayFill((value, i) -> i <= ${count}, arraySort((value, key) -> key, ${padded}, ${keys}), ${order})`
  return `arraySlice(arraySort((value, i) -> i, ${filled}, ${order}), ${count} + 2)`
}
