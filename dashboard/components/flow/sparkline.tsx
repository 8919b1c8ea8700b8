import type { ReactElement } from 'react'

interface SparklineProps {
  readonly values: readonly number[]
  /** What a screen reader says instead. */
  readonly label: string
  readonly width?: number
  readonly height?: number
}

/** A small bar chart drawn by the server; nothing of it runs in the browser. */
export function Sparkline({ values, label, width = 96, height = 22 }: SparklineProps): ReactElement {
  const top = Math.max(...values, 1)
  const pitch = width / Math.max(values.length, 1)
  const bar = Math.max(pitch - 1, Math.min(pitch, 1))
  const path = values
    .map((value, index) => {
      const tall = value === 0 ? 0.8 : Math.max((value / top) * height, 1.5)
      return `M${(index * pitch).toFixed(1)} ${height}v${(-tall).toFixed(1)}h${bar.toFixed(1)}v${tall.toFixed(1)}z`
    })
    .join('')
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      style={{ display: 'block' }}
    >
      <path d={path} fill="var(--series-1)" />
    </svg>
  )
}
