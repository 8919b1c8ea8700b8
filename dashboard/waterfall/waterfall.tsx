'use client'

import { useVirtualizer } from '@tanstack/react-virtual'
import {
  type KeyboardEvent,
  type ReactElement,
  useEffect,
  useEffectEvent,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { formatExact } from '../format/number.ts'
import { scaleOf } from './scale.ts'
import { TimeAxis } from './time-axis.tsx'
import { hasChildren, parentOf, type SpanRow, type SpanTotal, visibleRows } from './tree.ts'
import { treeAction } from './tree-keys.ts'
import { useCollapsed } from './use-collapsed.ts'
import styles from './waterfall.module.css'
import { WaterfallRow } from './waterfall-row.tsx'
import { WaterfallTools } from './waterfall-tools.tsx'

const ROW_HEIGHT = 28
/** Height that the server renders, before the browser has measured the list. */
const FIRST_HEIGHT = 640

interface WaterfallProps {
  readonly runId: string
  readonly rows: readonly SpanRow[]
  readonly total: SpanTotal
  readonly runDurationNs: number
  readonly selected: string
  readonly onSelect: (spanId: string) => void
}

/** The spans of a run as a tree over time. Only what is on the screen is in the document. */
export function Waterfall({
  runId,
  rows,
  total,
  runDurationNs,
  selected,
  onSelect,
}: WaterfallProps): ReactElement {
  const { collapsed, toggle, collapseAll } = useCollapsed(rows, selected)
  const [search, setSearch] = useState('')
  const [errorsOnly, setErrorsOnly] = useState(false)
  const visible = useMemo(() => {
    const text = search.trim().toLowerCase()
    return visibleRows(
      rows,
      collapsed,
      text === '' && !errorsOnly ? undefined : (row) => matches(row, text, errorsOnly),
    )
  }, [rows, collapsed, search, errorsOnly])
  const scale = useMemo(() => scaleOf(rows, runDurationNs), [rows, runDurationNs])
  const position = visible.findIndex((index) => rows[index]?.spanId === selected)
  const id = useId()
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: visible.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    initialRect: { width: 800, height: FIRST_HEIGHT },
  })
  const expandedAt = (index: number): boolean | undefined =>
    hasChildren(rows, index) ? !collapsed.has(rows[index]?.spanId ?? '') : undefined

  const press = (event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'preventDefault'>) => {
    const index = visible[position] ?? -1
    const action = treeAction(event.key, {
      at: position,
      count: visible.length,
      expanded: expandedAt(index),
      parent: visible.indexOf(parentOf(rows, index)),
    })
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    const row = rows[action === 'toggle' ? index : (visible[action] ?? -1)]
    if (!row) return
    if (action === 'toggle') return toggle(row.spanId)
    onSelect(row.spanId)
    virtualizer.scrollToIndex(action, { align: 'auto' })
  }

  // j and k work wherever the focus is, unless somebody types.
  const pressAnywhere = useEffectEvent((event: globalThis.KeyboardEvent) => {
    const isTaken = (event.target as HTMLElement).closest('input, textarea, select, [role="tree"]') !== null
    if ((event.key === 'j' || event.key === 'k') && !isTaken) press(event)
  })
  const showFirst = useEffectEvent(() => {
    if (position > 15) virtualizer.scrollToIndex(position, { align: 'center' })
  })
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => pressAnywhere(event)
    document.addEventListener('keydown', listen)
    showFirst()
    return () => document.removeEventListener('keydown', listen)
  }, [])

  return (
    <div className={styles.waterfall}>
      <WaterfallTools
        {...{ search, errorsOnly }}
        errors={total.errors}
        onSearch={setSearch}
        onErrorsOnly={setErrorsOnly}
        isCollapsed={collapsed.size > 0}
        onCollapse={collapseAll}
        shown={visible.length}
        total={total.spans}
      />
      <TimeAxis scale={scale} />
      {visible.length === 0 ? (
        <p className={styles.none}>
          {rows.length < total.spans
            ? `No span matches among the ${formatExact(rows.length)} that are shown.`
            : 'No span matches.'}
        </p>
      ) : null}
      <div
        ref={scroller}
        className={styles.scroller}
        role="tree"
        aria-label={`Spans of run ${runId}`}
        tabIndex={0}
        aria-activedescendant={position >= 0 ? `${id}${selected}` : undefined}
        onKeyDown={press}
      >
        <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }} role="presentation">
          {virtualizer.getVirtualItems().map((item) => {
            const index = visible[item.index] ?? 0
            const row = rows[index]
            if (!row) return null
            return (
              <WaterfallRow
                key={row.spanId}
                id={`${id}${row.spanId}`}
                row={row}
                top={item.start}
                scale={scale}
                nested={row.runId !== runId}
                selected={row.spanId === selected}
                expanded={expandedAt(index)}
                position={item.index + 1}
                count={visible.length}
                onSelect={onSelect}
                onToggle={toggle}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

function matches(
  { name, kind, model, errorType, status }: SpanRow,
  text: string,
  errorsOnly: boolean,
): boolean {
  if (errorsOnly && status !== 'error') return false
  return `${name}\n${kind}\n${model}\n${errorType}`.toLowerCase().includes(text)
}
