import type { ReactElement } from 'react'
import { formatDuration } from '../format/duration.ts'
import { percentOf, type Scale, ticks } from './scale.ts'
import styles from './waterfall.module.css'

export function TimeAxis({ scale }: { readonly scale: Scale }): ReactElement {
  return (
    <div className={styles.axis} aria-hidden="true">
      <span />
      <div>
        {ticks(scale, 5).map((at) => (
          <span key={at} style={{ left: `${percentOf(scale, at)}%` }}>
            {at === 0 ? '0' : formatDuration(at)}
          </span>
        ))}
      </div>
    </div>
  )
}
