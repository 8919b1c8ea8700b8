import { UsageError } from './errors.ts'

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** `'500ms'`, `'2s'`, `'1.5m'`; a bare number is milliseconds. */
export type Duration = string | number

/** Not a duration. */
export class DurationError extends UsageError {
  override readonly code: string = 'DURATION'
}

/** Nanoseconds. */
export function parseDuration(duration: Duration): number {
  if (typeof duration === 'number' && Number.isFinite(duration) && duration >= 0) return duration * 1e6
  const match = /^(\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h)$/.exec(String(duration))
  if (match === null || typeof duration === 'number') {
    throw new DurationError(
      `Expected a duration such as '500ms', '2s' or '1.5m', got ${JSON.stringify(duration)}.`,
    )
  }
  return Number(match[1]) * UNITS[match[2]!]!
}

/** Three significant digits: `12 ns`, `1.25 ms`, `2 s`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${Math.round(nanoseconds)} ns`
  if (nanoseconds < 1e6) return `${significant(nanoseconds / 1e3)} us`
  if (nanoseconds < 1e9) return `${significant(nanoseconds / 1e6)} ms`
  return `${significant(nanoseconds / 1e9)} s`
}

function significant(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
