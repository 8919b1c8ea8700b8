import type { ReactElement } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import { changeOfScore } from './case-rank.ts'
import styles from './score.module.css'

interface ScoreProps {
  readonly score: number
  /** Of the same in the baseline, where there is one. */
  readonly baseline: number | undefined
}

/** A score, which has no colour: only a gate can say whether it is good. Its change against the baseline has one. */
export function Score({ score, baseline }: ScoreProps): ReactElement {
  return (
    <span className={styles.score}>
      <strong>{score.toFixed(2)}</strong>
      {baseline === undefined ? null : <ScoreChange score={score} baseline={baseline} />}
    </span>
  )
}

function ScoreChange({
  score,
  baseline,
}: {
  readonly score: number
  readonly baseline: number
}): ReactElement {
  const change = changeOfScore(score, baseline)
  const from = <span className="muted">baseline {baseline.toFixed(2)}</span>
  if (change === 'none') return from
  return (
    <>
      <span className={styles.change} data-change={change}>
        <Icon name={change === 'better' ? 'up' : 'down'} size={12} />
        {Math.abs(score - baseline).toFixed(2)} {change}
      </span>
      {from}
    </>
  )
}
