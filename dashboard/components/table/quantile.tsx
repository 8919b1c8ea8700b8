import type { ReactElement } from 'react'
import { describeError, formatQuantile } from '#format/duration.ts'

interface QuantileProps {
  readonly ns: number
  /** How far it may be from the true value, as a share of it; 0: it is exact. */
  readonly error: number
}

/** A quantile of durations; one that is only about right says so, and by how much. */
export function Quantile({ ns, error }: QuantileProps): ReactElement {
  return <span title={describeError(ns, error)}>{formatQuantile(ns, error)}</span>
}
