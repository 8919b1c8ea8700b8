'use client'

import { useSearchParams } from 'next/navigation'
import { type ReactElement, useCallback, useEffect, useMemo, useRef } from 'react'
import { RunPayload, type RunPayloadProps } from '#components/run/viewer/run-payload.tsx'
import { SpanDetail } from '#components/run/viewer/span-detail.tsx'
import { type PackedRows, unpackRows } from './packed-rows.ts'
import styles from './run-view.module.css'
import { findRow, type SpanTotal } from './tree.ts'
import { Waterfall } from './waterfall.tsx'

interface RunViewProps extends RunPayloadProps {
  readonly packed: PackedRows
  readonly total: SpanTotal
  readonly durationNs: number
}

/** Waterfall and, beside it, the span that the URL names; choosing one changes the URL without a request. */
export function RunView({ packed, total, durationNs, ...payload }: RunViewProps): ReactElement {
  const rows = useMemo(() => unpackRows(packed), [packed])
  const parameters = useSearchParams()
  const selected = findRow(rows, parameters.get('span') ?? '')
  const select = useCallback((key: string) => {
    const url = new URL(window.location.href)
    if (key === '') url.searchParams.delete('span')
    else url.searchParams.set('span', key)
    window.history.replaceState(null, '', url)
  }, [])
  const row = rows[selected]
  const isOpen = row !== undefined
  const view = useRef<HTMLDivElement>(null)
  const wasOpen = useRef(isOpen)
  useEffect(() => {
    // On a narrow screen both parts fit on it only where the view begins at its top.
    if (isOpen && !wasOpen.current) view.current?.scrollIntoView({ block: 'nearest' })
    wasOpen.current = isOpen
  }, [isOpen])
  return (
    <div ref={view} className={styles.view} data-open={isOpen || undefined}>
      <section className={styles.tree} aria-label="Waterfall">
        <Waterfall
          runId={payload.runId}
          rows={rows}
          total={total}
          runDurationNs={durationNs}
          selected={selected}
          onSelect={select}
        />
      </section>
      <section className={styles.detail} aria-label={row ? 'Selected span' : 'Run'}>
        {row ? (
          <SpanDetail
            nestedRunId={row.runId === payload.runId ? '' : row.runId}
            traceId={row.traceId}
            spanId={row.spanId}
            onClose={() => select('')}
          />
        ) : (
          <RunPayload {...payload} />
        )}
      </section>
    </div>
  )
}
