import type { CaseMetricComparison, MetricComparison } from '@weir/store/compare'
import type { ReactElement } from 'react'
import { IntervalBar } from '#components/chart/interval-bar.tsx'
import { formatPoints, formatProbability, formatRatio } from '#format/number.ts'
import styles from './comparison-table.module.css'
import { toneOf } from './tone.ts'

interface EffectCellsProps {
  readonly metric: Pick<MetricComparison | CaseMetricComparison, 'effect' | 'q' | 'verdict'>
  /** A ratio, or a difference of shares. */
  readonly scale: 'ratio' | 'points'
  /** How far the bar of the interval goes to each side. */
  readonly reach: number
}

/** The cells that say how large a change is, and how sure that is. */
export function EffectCells({ metric, scale, reach }: EffectCellsProps): ReactElement {
  const { effect, q, verdict } = metric
  const change = scale === 'points' ? formatPoints : formatRatio
  const tone = toneOf(verdict)
  return (
    <>
      <td data-numeric className={styles.change} data-tone={tone}>
        {effect ? change(effect.value) : '–'}
      </td>
      <td>
        {effect ? (
          <div className={styles.interval}>
            <IntervalBar {...effect} scale={scale} reach={reach} tone={tone} />
            <span data-faint>
              {change(effect.low)} to {change(effect.high)}
            </span>
          </div>
        ) : null}
      </td>
      <td data-numeric data-faint={q === null || q >= 0.05 || undefined}>
        {q === null ? '–' : formatProbability(q)}
      </td>
    </>
  )
}
