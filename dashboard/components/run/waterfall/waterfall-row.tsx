'use client'

import { memo, type ReactElement } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import { KindIcon, kindColor } from '#components/run/kind.tsx'
import { StatusIcon } from '#components/run/status-badge.tsx'
import { formatDuration } from '#format/duration.ts'
import { percentOf, type Scale } from './scale.ts'
import type { KeyedRow } from './tree.ts'
import styles from './waterfall.module.css'

/** From here on indentation is too fine, or at its end: the level is said. */
const NUMBERED_DEPTH = 14

interface WaterfallRowProps {
  readonly id: string
  readonly row: KeyedRow
  /** Pixels from the top of the list. */
  readonly top: number
  readonly scale: Scale
  /** The span belongs to a run that this run started. */
  readonly nested: boolean
  readonly selected: boolean
  /** Undefined for a row without children. */
  readonly expanded: boolean | undefined
  /** 1..count among the rows that show. */
  readonly position: number
  readonly count: number
  readonly onSelect: (key: string) => void
  readonly onToggle: (key: string) => void
}

function Row({
  id,
  row,
  top,
  scale,
  nested,
  selected,
  expanded,
  position,
  count,
  onSelect,
  onToggle,
}: WaterfallRowProps): ReactElement {
  const left = percentOf(scale, row.startNs)
  const right = percentOf(scale, row.ended ? row.startNs + row.durationNs : scale.toNs)
  const duration = row.ended ? formatDuration(row.durationNs) : 'running'
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it takes the keys
    <div
      id={id}
      role="treeitem"
      tabIndex={-1}
      className={styles.row}
      style={{ transform: `translateY(${top}px)` }}
      aria-level={row.depth + 1}
      aria-posinset={position}
      aria-setsize={count}
      aria-expanded={expanded}
      aria-selected={selected}
      aria-label={`${row.name}, ${row.kind}, ${row.status}, ${duration}`}
      onClick={() => onSelect(row.key)}
    >
      <span className={styles.name} style={{ '--depth': row.depth } as object} title={row.name}>
        {expanded === undefined ? (
          <span className={styles.leaf} />
        ) : (
          <button
            type="button"
            tabIndex={-1}
            className={styles.toggle}
            aria-label={expanded ? `Collapse ${row.name}` : `Expand ${row.name}`}
            onClick={(event) => {
              event.stopPropagation()
              onToggle(row.key)
            }}
          >
            <Icon name={expanded ? 'open' : 'right'} size={10} />
          </button>
        )}
        {row.depth < NUMBERED_DEPTH ? null : <span className={styles.level}>{row.depth}</span>}
        <KindIcon kind={row.kind} />
        {row.status === 'ok' ? null : <StatusIcon status={row.status} />}
        <span className={styles.text}>{row.name}</span>
        {row.attempt > 0 ? <span className={styles.ordinal}>attempt {row.attempt}</span> : null}
        {row.attempts > 1 ? (
          <span className={styles.tag} title={`${row.attempts} attempts`}>
            ×{row.attempts}
          </span>
        ) : null}
        {row.fallback ? <span className={styles.tag}>fallback</span> : null}
        {nested && row.kind === 'flow' ? <span className={styles.ordinal}>nested run</span> : null}
      </span>
      <span className={styles.track}>
        <span
          className={styles.bar}
          data-failed={row.status === 'error' || undefined}
          data-open={!row.ended || undefined}
          style={
            { left: `${left}%`, width: `max(${right - left}%, 2px)`, '--bar': kindColor(row.kind) } as object
          }
        />
        <span className={styles.duration} style={{ left: `${right}%` }}>
          {duration}
        </span>
      </span>
    </div>
  )
}

export const WaterfallRow = memo(Row)
