'use client'

import { type ReactElement, useEffect, useState } from 'react'
import { formatLocal, formatRelative, formatUtc } from '#format/time.ts'

const TICK_MS = 10_000
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function onTick(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    for (const each of listeners) each()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

interface TimeProps {
  readonly unixMs: number
  /**
   * The server's clock when it rendered: "3 min ago", kept true by one timer for all of them. Undefined where a reader looks
   * at a time that is fixed: the instant itself.
   */
  readonly nowMs: number | undefined
}

/** An instant, with UTC on hover. Before hydration it is the same in the browser as on the server, so nothing is in the reader's zone. */
export function Time({ unixMs, nowMs }: TimeProps): ReactElement {
  const [now, setNow] = useState<number>()
  useEffect(() => {
    setNow(Date.now())
    return onTick(() => setNow(Date.now()))
  }, [])
  const utc = formatUtc(unixMs)
  return (
    <time dateTime={new Date(unixMs).toISOString()} title={utc}>
      {nowMs !== undefined
        ? formatRelative(unixMs, Math.max(now ?? nowMs, nowMs))
        : now === undefined
          ? utc
          : formatLocal(unixMs)}
    </time>
  )
}
