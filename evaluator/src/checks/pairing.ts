/**
 * How many of `first` can be paired with one of `second` each, at most: a maximum matching by augmenting paths.
 * Source: C. Berge, Two theorems in graph theory, Proceedings of the National Academy of Sciences 43 (1957).
 */
export function countPairs<A, B>(
  first: readonly A[],
  second: readonly B[],
  fits: (a: A, b: B) => boolean,
): number {
  /** Of each of the second, the index of its partner. */
  const partners = new Array<number | undefined>(second.length)
  const candidates = first.map((a) =>
    second
      .keys()
      .filter((at) => fits(a, second[at]!))
      .toArray(),
  )
  const pair = (at: number, tried: Set<number>): boolean => {
    for (const candidate of candidates[at]!) {
      if (tried.has(candidate)) continue
      tried.add(candidate)
      const partner = partners[candidate]
      if (partner !== undefined && !pair(partner, tried)) continue
      partners[candidate] = at
      return true
    }
    return false
  }
  return first
    .keys()
    .filter((at) => pair(at, new Set()))
    .toArray().length
}
