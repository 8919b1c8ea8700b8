/**
 * Adjusted p-values (q), in the order given: calling everything with q < a a discovery keeps the expected share of
 * false ones below a, for independent or positively dependent tests.
 *
 * Source: Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57:289-300; dependence: Benjamini &
 * Yekutieli (2001). Agrees with `scipy.stats.false_discovery_control`.
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[b]! - p[a]!)
  const q = new Array<number>(p.length)
  let least = 1
  order.forEach((index, fromLargest) => {
    least = Math.min(least, (p[index]! * p.length) / (p.length - fromLargest))
    q[index] = least
  })
  return q
}
