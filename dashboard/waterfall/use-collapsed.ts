'use client'

import { useCallback, useEffect, useState } from 'react'
import { ancestorIds, hasChildren, type SpanRow } from './tree.ts'

interface Collapsed {
  readonly collapsed: ReadonlySet<string>
  readonly toggle: (spanId: string) => void
  readonly collapseAll: (collapse: boolean) => void
}

/** Which spans are closed; selecting a span inside a closed one opens the way to it. */
export function useCollapsed(rows: readonly SpanRow[], selected: string): Collapsed {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set())
  const toggle = useCallback((spanId: string) => {
    setCollapsed((before) => {
      const after = new Set(before)
      if (!after.delete(spanId)) after.add(spanId)
      return after
    })
  }, [])
  const collapseAll = useCallback(
    (collapse: boolean) => {
      const closed = collapse ? rows.filter((row, index) => row.depth > 0 && hasChildren(rows, index)) : []
      setCollapsed(new Set(closed.map(({ spanId }) => spanId)))
    },
    [rows],
  )
  useEffect(() => {
    const index = rows.findIndex(({ spanId }) => spanId === selected)
    if (index < 0) return
    const around = new Set(ancestorIds(rows, index))
    setCollapsed((before) => {
      const after = new Set([...before].filter((spanId) => !around.has(spanId)))
      return after.size === before.size ? before : after
    })
  }, [rows, selected])
  return { collapsed, toggle, collapseAll }
}
