import type { ReactElement, ReactNode } from 'react'
import { formatDuration } from '#format/duration.ts'
import { percentOf, type Scale, ticks } from './scale.ts'
import styles from './waterfall.module.css'

interface TimeAxisProps {
  readonly scale: Scale
  /** At the edge of the names. */
  readonly children: ReactNode
}

export function TimeAxis({ scale, children }: TimeAxisProps): ReactElement {
  return (
    <div className={styles.axis}>
      {children}
      <div className={styles.ticks} aria-hidden="true">
        {ticks(scale, 5).map((at) => (
          <span key={at} style={{ left: `${percentOf(scale, at)}%` }}>
            {at === 0 ? '0' : formatDuration(at)}
          </span>
        ))}
      </div>
    </div>
  )
}
