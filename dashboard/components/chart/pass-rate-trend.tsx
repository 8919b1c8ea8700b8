import type { ReactElement } from 'react'
import { formatPercent } from '#format/number.ts'

const WIDTH = 120
const HEIGHT = 26
const PAD = 4

/** Pass rates of experiments, oldest first, on a fixed scale of 0 to 100 %. Drawn by the server. */
export function PassRateTrend({ rates }: { readonly rates: readonly number[] }): ReactElement {
  const x = (index: number) => PAD + (rates.length < 2 ? 1 : index / (rates.length - 1)) * (WIDTH - 2 * PAD)
  const y = (rate: number) => PAD + (1 - rate) * (HEIGHT - 2 * PAD)
  const points = rates.map((rate, index) => `${x(index).toFixed(1)},${y(rate).toFixed(1)}`)
  const last = rates.at(-1)
  const label = `Pass rate of ${rates.length} ${rates.length === 1 ? 'experiment' : 'experiments'}: ${rates.map(formatPercent).join(', ')}`
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={label} style={{ display: 'block' }}>
      <line x1="0" x2={WIDTH} y1={y(1)} y2={y(1)} stroke="var(--border)" />
      <line x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} stroke="var(--border)" />
      <polyline points={points.join(' ')} fill="none" stroke="var(--series-1)" strokeWidth="1.5" />
      {last === undefined ? null : (
        <circle cx={x(rates.length - 1)} cy={y(last)} r="3" fill="var(--series-1)" />
      )}
    </svg>
  )
}
