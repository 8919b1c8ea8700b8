'use client'

import type { KeyboardEvent, PointerEvent, ReactElement } from 'react'
import styles from './waterfall.module.css'

/** Percent of the waterfall that names take. */
const NAME_WIDTH = { least: 20, most: 80, step: 4 } as const

interface NameWidthProps {
  /** Undefined until the reader has changed it. */
  readonly percent: number | undefined
  readonly onChange: (percent: number) => void
}

/** The edge of the names' column, to be dragged or moved by the arrow keys. */
export function NameWidth({ percent, onChange }: NameWidthProps): ReactElement {
  const { least, most, step } = NAME_WIDTH
  const change = (value: number) => onChange(Math.round(Math.min(most, Math.max(least, value))))
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const row = event.currentTarget.parentElement
    if (!row || !event.currentTarget.hasPointerCapture(event.pointerId)) return
    const { left, width } = row.getBoundingClientRect()
    change(((event.clientX - left) / width) * 100)
  }
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const now = percent ?? percentOf(event.currentTarget)
    const to = { ArrowLeft: now - step, ArrowRight: now + step, Home: least, End: most }[event.key]
    if (to === undefined) return
    event.preventDefault()
    change(to)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule between texts cannot be moved
    <div
      role="separator"
      aria-label="Width of the names"
      aria-orientation="vertical"
      aria-valuenow={percent ?? 40}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      className={styles.edge}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={press}
    />
  )
}

function percentOf(edge: HTMLElement): number {
  const row = edge.parentElement?.getBoundingClientRect()
  return row ? ((edge.getBoundingClientRect().right - row.left) / row.width) * 100 : 40
}
