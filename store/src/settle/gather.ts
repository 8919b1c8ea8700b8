/** Below this many elements a lambda that captures the array is faster; its memory grows with the square. */
const SMALL = 64

/** Names of array columns: each index (0: none) is replaced by its value, or by the type's default. */
export interface Gather {
  readonly values: string
  readonly indexes: string
}

/**
 * SQL of CTEs that end in `name`: all columns of `source`, and for each gather a column `values[index]` of every index.
 * ClickHouse copies an array that a lambda captures once per element, so long arrays go another way: values and
 * questions are sorted together, every question takes the value before it, and sorting back restores the order.
 * That is O(n log n) in time and O(n) in memory. Intermediate columns are CTEs of their own, as an alias that is
 * used twice is analysed twice.
 * @param largest the longest array that can occur
 */
export function gather(
  name: string,
  source: string,
  gathers: Readonly<Record<string, Gather>>,
  largest: number,
): string {
  const all = Object.entries(gathers)
  const select = (columns: string[], from: string) =>
    `SELECT *,\n      ${columns.join(',\n      ')}\n    FROM ${from}`
  if (largest <= SMALL) {
    const columns = all.map(
      ([out, { values, indexes }]) => `arrayMap(i -> ${values}[i], ${indexes}) AS ${out}`,
    )
    return `${name} AS (\n    ${select(columns, source)}\n  )`
  }
  const keyed = all.flatMap(([out, gathered]) => [
    `${keysSql(gathered)} AS ${out}_keys`,
    `${paddedSql(gathered)} AS ${out}_all`,
  ])
  const sorted = all.flatMap(([out]) => [
    `arraySort((i, key) -> key, range(length(${out}_keys)), ${out}_keys) AS ${out}_order`,
    `arraySort((value, key) -> key, ${out}_all, ${out}_keys) AS ${out}_sorted`,
  ])
  const restored = all.map(([out, { values }]) => {
    const filled = `arrayFill((value, i) -> i <= length(${values}), ${out}_sorted, ${out}_order)`
    return `arraySlice(arraySort((value, i) -> i, ${filled}, ${out}_order), length(${values}) + 2) AS ${out}`
  })
  const used = all.flatMap(([out]) => [`${out}_keys`, `${out}_all`, `${out}_order`, `${out}_sorted`])
  return `${name}_keyed AS (\n    ${select(keyed, source)}\n  ),
  ${name}_sorted AS (\n    ${select(sorted, `${name}_keyed`)}\n  ),
  ${name} AS (\n    ${select(restored, `${name}_sorted`).replace('*', `* EXCEPT (${used.join(', ')})`)}\n  )`
}

/** A default value, the values, and room for the questions. */
function paddedSql({ values, indexes }: Gather): string {
  const beyond = `length(${values}) + 1`
  return `arrayResize(arrayPushFront(${values}, ${values}[${beyond}]), ${beyond} + length(${indexes}))`
}

/** A question's key follows that of its value; the position in the low half makes keys unique. */
function keysSql({ values, indexes }: Gather): string {
  return `arrayMap((key, i) -> bitShiftLeft(toUInt64(key), 32) + i,
        arrayConcat([0], arrayMap(i -> i * 2, arrayEnumerate(${values})), arrayMap(i -> i * 2 + 1, ${indexes})),
        range(1 + length(${values}) + length(${indexes})))`
}
