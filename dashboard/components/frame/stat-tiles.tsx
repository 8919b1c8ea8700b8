import type { ReactElement, ReactNode } from 'react'
import styles from './stat-tiles.module.css'

export interface Stat {
  readonly label: string
  readonly value: ReactNode
  /** A second line: what the value is made of. */
  readonly detail?: ReactNode
  /** The value in full, on hover. */
  readonly title?: string | undefined
  readonly tone?: 'error' | 'ok'
}

/** Figures that sum a page up. */
export function StatTiles({
  label,
  stats,
}: {
  readonly label: string
  readonly stats: readonly Stat[]
}): ReactElement {
  return (
    <dl className={styles.tiles} aria-label={label}>
      {stats.map((stat) => (
        <div key={stat.label} className={styles.tile}>
          <dt>{stat.label}</dt>
          <dd title={stat.title}>
            <span className={styles.value} data-tone={stat.tone}>
              {stat.value}
            </span>
            {stat.detail ? <span className={styles.detail}>{stat.detail}</span> : null}
          </dd>
        </div>
      ))}
    </dl>
  )
}
