const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Spans of time up to now that the filter bar offers. */
export const PRESETS: readonly { readonly id: string; readonly label: string; readonly ms: number }[] = [
  { id: '15m', label: 'Last 15 minutes', ms: 15 * MINUTE },
  { id: '1h', label: 'Last hour', ms: HOUR },
  { id: '6h', label: 'Last 6 hours', ms: 6 * HOUR },
  { id: '24h', label: 'Last 24 hours', ms: DAY },
  { id: '7d', label: 'Last 7 days', ms: 7 * DAY },
  { id: '30d', label: 'Last 30 days', ms: 30 * DAY },
  { id: '90d', label: 'Last 90 days', ms: 90 * DAY },
]

const DEFAULT_PRESET = '24h'

/** A preset that moves with the clock, or two fixed instants (milliseconds since 1970). */
export type TimeRange =
  | { readonly preset: string }
  | { readonly preset: 'fixed'; readonly fromMs: number; readonly toMs: number }

/**
 * `range` names a preset and wins; else `from` and `to` (ISO 8601; UTC where no zone is named) fix both ends, NaN where they
 * cannot be read. Without any of them it is the default.
 */
export function parseTimeRange(range: string, from: string, to: string): TimeRange {
  if (PRESETS.some((preset) => preset.id === range)) return { preset: range }
  if (range === '' && from === '' && to === '') return { preset: DEFAULT_PRESET }
  return { preset: 'fixed', fromMs: parseInstant(from), toMs: parseInstant(to) }
}

/** Charts and totals are by minutes, which end here; a start may be as late as the nanoseconds of 63 bits. */
const LAST_MINUTE_MS: number = Date.UTC(2106, 1, 7, 6, 28)
export const LAST_START_MS: number = Number((2n ** 63n - 1n) / 1_000_000n)

/** Why a range cannot be shown, in a sentence; '' where it can. */
export function rangeProblem(range: TimeRange, lastMs: number = LAST_MINUTE_MS): string {
  if (!('fromMs' in range)) return ''
  const { fromMs, toMs } = range
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) {
    return `The time range cannot be read. Expected range=${PRESETS.map(({ id }) => id).join(', ')}, or from and to as in 2026-11-20T05:16 (UTC).`
  }
  const [from, to] = [describeInstant(fromMs), describeInstant(toMs)]
  if (fromMs >= toMs) return `The time range from ${from} to ${to} UTC ends before it has begun.`
  if (fromMs >= 0 && toMs <= lastMs) return ''
  return `The time range from ${from} to ${to} UTC is beyond what can be shown: 1970-01-01T00:00 to ${describeInstant(lastMs)} UTC.`
}

/** A date input sends "2026-11-20T05:16", which JavaScript would read in the time zone of the server. */
export function parseInstant(text: string): number {
  return Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text)
}

/** Whole minutes in UTC around two instants, as a date input takes and sends them. */
export function toInputs(fromMs: number, toMs: number): { readonly from: string; readonly to: string } {
  const text = (minutes: number) => (Number.isNaN(minutes) ? '' : describeInstant(minutes * MINUTE))
  return { from: text(Math.floor(fromMs / MINUTE)), to: text(Math.ceil(toMs / MINUTE)) }
}

/** Clocks are apart: what starts so little after now is not to come, its clock is ahead of ours. */
export const CLOCKS_AHEAD_MS = 10 * MINUTE

/** The two instants that a range means now, and how far after them clocks that are ahead may be. */
export function timeWindow(
  range: TimeRange,
  nowMs: number,
): { readonly from: Date; readonly to: Date; readonly aheadMs: number } {
  if ('fromMs' in range) return { from: new Date(range.fromMs), to: new Date(range.toMs), aheadMs: 0 }
  const preset = PRESETS.find(({ id }) => id === range.preset) ?? { ms: DAY }
  return { from: new Date(nowMs - preset.ms), to: new Date(nowMs), aheadMs: CLOCKS_AHEAD_MS }
}

/** The clock by which a page tells how long ago something was; undefined where its range is fixed, so that it tells when. */
export function clockOf(range: TimeRange, nowMs: number): number | undefined {
  return 'fromMs' in range ? undefined : nowMs
}

/** The range as URL parameters; the default needs none. */
export function timeRangeParameters(range: TimeRange): { range?: string; from?: string; to?: string } {
  if ('fromMs' in range) {
    return { from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString() }
  }
  return range.preset === DEFAULT_PRESET ? {} : { range: range.preset }
}

/** The shortest range up to now that holds two instants, or one of their minutes. */
export function coveringRange(fromMs: number, toMs: number, nowMs: number): TimeRange {
  const preset = PRESETS.find(({ ms }) => nowMs - ms <= fromMs && toMs < nowMs)
  if (preset) return { preset: preset.id }
  const minute = (ms: number) => Math.floor(ms / MINUTE) * MINUTE
  return { preset: 'fixed', fromMs: minute(fromMs), toMs: minute(toMs) + MINUTE }
}

/** "the last 24 hours", or both instants of a fixed range. */
export function describeTimeRange(range: TimeRange): string {
  if ('fromMs' in range) {
    return `${describeInstant(range.fromMs)} to ${describeInstant(range.toMs)} UTC`
  }
  const preset = PRESETS.find(({ id }) => id === range.preset)
  return preset ? `the ${preset.label.toLowerCase()}` : 'this time'
}

/** "2026-11-20T05:16", or with six digits of the year where it has more than four: to the minute, in UTC. */
function describeInstant(ms: number): string {
  return new Date(ms).toISOString().replace(/:[^:]*$/, '')
}
