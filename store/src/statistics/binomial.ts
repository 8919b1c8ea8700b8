/**
 * Natural logarithm of the gamma function, x > 0.
 * Source: Stirling's series, Abramowitz & Stegun (1964) 6.1.41, after shifting x above 10 by 6.1.15.
 */
export function logGamma(x: number): number {
  let shift = 1
  let y = x
  while (y < 10) shift *= y++
  const square = 1 / (y * y)
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / y
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series - Math.log(shift)
}

/** Natural logarithm of n over k. */
export function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
}

/** P(X = k) for X ~ Binomial(n, p), 0 < p < 1. */
function binomialPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0
  return Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p))
}

/** P(X <= k) for X ~ Binomial(n, p), 0 < p < 1; the lower tail is summed, so it stays precise where it is small. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0
  if (k >= n) return 1
  if (k > n * p) return 1 - binomialCdf(n - k - 1, n, 1 - p)
  let sum = 0
  for (let i = k; i >= 0; i--) {
    const mass = binomialPmf(i, n, p)
    sum += mass
    if (mass < sum * 1e-17) break
  }
  return sum
}
