import type { ReactElement } from 'react'
import { formatPoints, formatRatio } from '#format/number.ts'

const WIDTH = 128
const HEIGHT = 16
const COLORS = { bad: 'var(--error)', good: 'var(--ok)', neutral: 'var(--text-3)' }

interface IntervalBarProps {
  readonly value: number
  readonly low: number
  readonly high: number
  /** `ratio`: logarithmic around 1, from 1/reach to reach. `points`: linear around 0, from -reach to reach. */
  readonly scale: 'ratio' | 'points'
  readonly reach: number
  readonly tone: keyof typeof COLORS
}

/** An estimate and its interval on an axis around "no change"; an end beyond the axis is drawn as an arrow. */
export function IntervalBar({ value, low, high, scale, reach, tone }: IntervalBarProps): ReactElement {
  const share = (at: number) =>
    scale === 'ratio' ? Math.log(Math.max(at, 1e-9)) / Math.log(reach) : at / reach
  const place = (at: number) => WIDTH / 2 + Math.min(1, Math.max(-1, share(at))) * (WIDTH / 2 - 5)
  const format = scale === 'ratio' ? formatRatio : formatPoints
  const color = COLORS[tone]
  const y = HEIGHT / 2
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`${format(value)}, 95% interval ${format(low)} to ${format(high)}`}
      style={{ display: 'block', flex: 'none' }}
    >
      <line x1="0" x2={WIDTH} y1={y} y2={y} stroke="var(--border)" />
      <line x1={WIDTH / 2} x2={WIDTH / 2} y1="0" y2={HEIGHT} stroke="var(--border-strong)" />
      <line
        x1={place(low)}
        x2={Math.max(place(high), place(low) + 1)}
        y1={y}
        y2={y}
        stroke={color}
        strokeWidth="5"
        strokeLinecap="round"
        opacity="0.4"
      />
      {share(low) < -1 ? <path d={`M6 ${y - 4}L1 ${y}L6 ${y + 4}`} fill="none" stroke={color} /> : null}
      {share(high) > 1 ? (
        <path
          d={`M${WIDTH - 6} ${y - 4}L${WIDTH - 1} ${y}L${WIDTH - 6} ${y + 4}`}
          fill="none"
          stroke={color}
        />
      ) : null}
      <circle cx={place(value)} cy={y} r="3.5" fill={color} />
    </svg>
  )
}

/** The least of a few round factors that holds every interval; what is beyond the last is drawn as an arrow. */
export function reachOf(intervals: readonly { readonly low: number; readonly high: number }[]): number {
  const most = Math.max(1, ...intervals.flatMap(({ low, high }) => [high, 1 / Math.max(low, 1e-9)]))
  return [2, 4, 10, 30].find((reach) => most <= reach) ?? 100
}
