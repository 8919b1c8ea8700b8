import type { SpanRow } from './tree.ts'

/** The time that a waterfall covers, in nanoseconds from the run's start. */
export interface Scale {
  readonly fromNs: number
  readonly toNs: number
}

export function scaleOf(rows: readonly SpanRow[], runDurationNs: number): Scale {
  let fromNs = 0
  let toNs = Math.max(runDurationNs, 1)
  for (const { startNs, durationNs } of rows) {
    fromNs = Math.min(fromNs, startNs)
    toNs = Math.max(toNs, startNs + durationNs)
  }
  return { fromNs, toNs }
}

/** Place of an instant, in percent of the scale. */
export function percentOf({ fromNs, toNs }: Scale, ns: number): number {
  return ((ns - fromNs) / (toNs - fromNs)) * 100
}

/** Instants for the axis at 1, 2 or 5 times a power of ten, at most `most` of them. */
export function ticks({ fromNs, toNs }: Scale, most: number): number[] {
  const rough = (toNs - fromNs) / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const found: number[] = []
  for (let at = Math.ceil(fromNs / step) * step; at < toNs; at += step) found.push(at)
  return found
}
