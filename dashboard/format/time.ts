const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "12 s ago", "3 min ago", "5 h ago", "2 d ago"; a clock ahead of ours reads "now", one that is days ahead "in 3 d". */
export function formatRelative(unixMs: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - unixMs) / 1000)
  if (!Number.isFinite(seconds)) return '–'
  if (seconds <= -DAY) return `in ${Math.floor(-seconds / DAY)} d`
  if (seconds < 1) return 'now'
  if (seconds < MINUTE) return `${seconds} s ago`
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h ago`
  return `${Math.floor(seconds / DAY)} d ago`
}

/** A span without a start starts in 1970, as does one of a machine whose clock was never set. */
const FIRST_PLAUSIBLE_MS = Date.UTC(1971, 0)

/** What is wrong with the clock that gave a run its start: "clock 3 d ahead", "clock not set", or '' where it may be right. */
export function clockProblem({ startMs, aheadMs }: { startMs: number; aheadMs: number }): string {
  if (startMs < FIRST_PLAUSIBLE_MS) return 'clock not set'
  return aheadMs > 0 ? `clock ${Math.floor(aheadMs / (DAY * 1000))} d ahead` : ''
}

/** "2026-11-20 04:13:02.123 UTC": the same on every machine. */
export function formatUtc(unixMs: number): string {
  if (Number.isNaN(new Date(unixMs).getTime())) return '–'
  return `${new Date(unixMs).toISOString().replace('T', ' ').replace('Z', '')} UTC`
}

/** "2026-11-20 05:13:02" in the zone of the machine: for browsers, after hydration. */
export function formatLocal(unixMs: number): string {
  const date = new Date(unixMs)
  const minutes = date.getTimezoneOffset()
  return formatUtc(unixMs - minutes * MINUTE * 1000).slice(0, 19)
}

/** Axis label of a chart bucket in UTC: the time of day, with the day where the chart spans more than one. */
export function formatBucket(unixMs: number, spanMs: number): string {
  const date = new Date(unixMs)
  const time = date.toISOString().slice(11, 16)
  if (spanMs <= 26 * HOUR * 1000) return time
  const day = date.toLocaleDateString('en', { month: 'short', day: 'numeric', timeZone: 'UTC' })
  return spanMs <= 4 * DAY * 1000 ? `${day} ${time}` : day
}
