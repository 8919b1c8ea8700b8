'use client'

import { useVirtualizer } from '@tanstack/react-virtual'
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactElement,
  useEffect,
  useEffectEvent,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { formatExact } from '#format/number.ts'
import { NameWidth } from './name-width.tsx'
import { scaleOf } from './scale.ts'
import { TimeAxis } from './time-axis.tsx'
import { hasChildren, type KeyedRow, parentOf, type SpanRow, type SpanTotal, visibleRows } from './tree.ts'
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
  readonly rows: readonly KeyedRow[]
  readonly total: SpanTotal
  readonly runDurationNs: number
  /** Index of the selected row, -1 for none. */
  readonly selected: number
  readonly onSelect: (key: string) => void
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
  const [nameShare, setNameShare] = useState<number>()
  const visible = useMemo(() => {
    const text = search.trim().toLowerCase()
    return visibleRows(
      rows,
      collapsed,
      text === '' && !errorsOnly ? undefined : (row) => matches(row, text, errorsOnly),
    )
  }, [rows, collapsed, search, errorsOnly])
  const scale = useMemo(() => scaleOf(rows, runDurationNs), [rows, runDurationNs])
  const deepest = useMemo(() => rows.reduce((most, { depth }) => Math.max(most, depth), 0), [rows])
  const position = visible.indexOf(selected)
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
    hasChildren(rows, index) ? !collapsed.has(rows[index]?.key ?? '') : undefined

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
    if (action === 'toggle') return toggle(row.key)
    onSelect(row.key)
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
  const isOpen = position >= 0
  const showSelected = useEffectEvent(() => {
    document.getElementById(`${id}${rows[selected]?.key}`)?.scrollIntoView({ block: 'nearest' })
  })
  // Where the panel of the first selected span takes room from the tree.
  useEffect(() => {
    if (isOpen) showSelected()
  }, [isOpen])
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => pressAnywhere(event)
    document.addEventListener('keydown', listen)
    showFirst()
    return () => document.removeEventListener('keydown', listen)
  }, [])

  return (
    <div
      className={styles.waterfall}
      style={
        {
          '--deepest': Math.max(deepest, 1),
          '--name-share': nameShare === undefined ? undefined : `${nameShare}%`,
        } as CSSProperties
      }
    >
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
      <TimeAxis scale={scale}>
        <NameWidth percent={nameShare} onChange={setNameShare} />
      </TimeAxis>
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
        aria-activedescendant={position >= 0 ? `${id}${rows[selected]?.key}` : undefined}
        onKeyDown={press}
      >
        <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }} role="presentation">
          {virtualizer.getVirtualItems().map((item) => {
            const index = visible[item.index] ?? 0
            const row = rows[index]
            if (!row) return null
            return (
              <WaterfallRow
                key={row.key}
                id={`${id}${row.key}`}
                row={row}
                top={item.start}
                scale={scale}
                nested={row.runId !== runId}
                selected={index === selected}
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
