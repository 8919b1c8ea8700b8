/** Halvings of the search interval: below 1e-10 for logarithms of any two positive doubles. */
const HALVINGS = 44

/**
 * The k-th smallest of many values that are counted instead of built, by bisection.
 * @param k - from 1
 * @param low - the smallest value
 * @param high - the largest value
 * @param countUpTo - how many values are <= a limit
 */
export function bisectOrder(
  k: number,
  low: number,
  high: number,
  countUpTo: (limit: number) => number,
): number {
  if (countUpTo(low) >= k) return low
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (countUpTo(middle) >= k) high = middle
    else low = middle
  }
  return (low + high) / 2
}
