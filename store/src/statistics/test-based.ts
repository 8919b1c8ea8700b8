import { CONFIDENCE, type Interval } from './interval.ts'
import { normalQuantile } from './normal.ts'

/**
 * The interval of an estimate that agrees with a test of it: it excludes 0 exactly if p is below one less the confidence.
 *
 * Source: test-based limits, Miettinen (1976), American Journal of Epidemiology 103:226-235: the standard error is what makes the estimate
 * as many standard errors as the test says.
 */
export function testBasedInterval(estimate: number, p: number, confidence: number = CONFIDENCE): Interval {
  const error = Math.abs(estimate) / -normalQuantile(p / 2)
  const reach = normalQuantile((1 + confidence) / 2) * error
  return { low: estimate - reach, high: estimate + reach }
}
