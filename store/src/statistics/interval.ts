/** A two-sided confidence interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** The confidence of every interval that Weir shows. */
export const CONFIDENCE = 0.95
