import { parseDuration } from '@weir/config'
import { CompareError, type Window } from './side.ts'

/** The latest start that can be stored is in nanoseconds. */
const LAST_START_MS = Number((2n ** 63n - 1n) / 1_000_000n)

/**
 * Reads `24h` (back from now), `48h..24h`, `2026-11-01..2026-11-08` or `2026-11-01T12:00Z..`; dates without a time begin
 * at midnight UTC, and a missing end is now.
 */
export function parseWindow(text: string, now: Date): Window {
  const [first = '', second, ...more] = text.split('..')
  if (more.length > 0) throw wrong(text)
  const from = parsePoint(first, now)
  const to = second === undefined || second === '' ? now : parsePoint(second, now)
  if (from === undefined || to === undefined) throw wrong(text)
  if (from.getTime() < 0 || to.getTime() > LAST_START_MS) {
    throw new CompareError(
      `window=${text} is beyond the times that are stored. Expected it between 1970-01-01 and 2262-04-11 (UTC).`,
    )
  }
  if (from >= to) throw new CompareError(`window=${text} is empty: it begins at or after its end.`)
  return { from, to }
}

function parsePoint(text: string, now: Date): Date | undefined {
  const point = toDate(text, now)
  return point === undefined || Number.isNaN(point.getTime()) ? undefined : point
}

/** An invalid date where the text is out of the range of dates. */
function toDate(text: string, now: Date): Date | undefined {
  if (/^\d+[mhdw]$/.test(text)) return new Date(now.getTime() - parseDuration(text) / 1e6)
  const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?$/.exec(text)
  if (!date) return undefined
  return new Date(date[1] === undefined || text.endsWith('Z') ? text : `${text}Z`)
}

function wrong(text: string): CompareError {
  return new CompareError(
    `window=${text} is not a window. Expected window=24h (m, h, d or w), window=48h..24h or window=2026-11-01..2026-11-08 (UTC).`,
  )
}
