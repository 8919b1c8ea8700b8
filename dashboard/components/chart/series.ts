import { formatQuantile } from '#format/duration.ts'
import { formatCount, formatPercent } from '#format/number.ts'

export interface Series {
  /** Key of the value in each point. */
  readonly key: string
  readonly label: string
  /** A CSS colour. */
  readonly color: string
  readonly shape: 'line' | 'bar'
  /** Dash pattern of a line, so that lines differ without colour. */
  readonly dash?: string
}

/** One bucket: its start in milliseconds since 1970, and a value per series; null where there was no run. */
export type Point = { readonly at: number } & Readonly<Record<string, number | null>>

export interface TimeChartProps {
  readonly title: string
  readonly series: readonly Series[]
  readonly points: readonly Point[]
  readonly unit: 'duration' | 'count' | 'percent'
  /** How far values of durations may be from the true ones, as a share of these; default 0, exact. */
  readonly error?: number
}

export function formatValue(unit: TimeChartProps['unit'], value: number | null, error = 0): string {
  if (value === null) return '–'
  if (unit === 'percent') return formatPercent(value)
  return unit === 'duration' ? formatQuantile(value, error) : formatCount(value)
}
