'use client'

import { useCallback, useEffect, useState } from 'react'
import { ancestorKeys, hasChildren, type KeyedRow } from './tree.ts'

interface Collapsed {
  readonly collapsed: ReadonlySet<string>
  readonly toggle: (key: string) => void
  readonly collapseAll: (collapse: boolean) => void
}

/** Which spans are closed; selecting a span inside a closed one opens the way to it. */
export function useCollapsed(rows: readonly KeyedRow[], selected: number): Collapsed {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set())
  const toggle = useCallback((key: string) => {
    setCollapsed((before) => {
      const after = new Set(before)
      if (!after.delete(key)) after.add(key)
      return after
    })
  }, [])
  const collapseAll = useCallback(
    (collapse: boolean) => {
      const closed = collapse ? rows.filter((row, index) => row.depth > 0 && hasChildren(rows, index)) : []
      setCollapsed(new Set(closed.map(({ key }) => key)))
    },
    [rows],
  )
  useEffect(() => {
    if (selected < 0) return
    const around = new Set(ancestorKeys(rows, selected))
    setCollapsed((before) => {
      const after = new Set([...before].filter((key) => !around.has(key)))
      return after.size === before.size ? before : after
    })
  }, [rows, selected])
  return { collapsed, toggle, collapseAll }
}
