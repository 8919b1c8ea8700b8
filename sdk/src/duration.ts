import { expected } from './errors.ts'

/** Milliseconds, or a number with a unit: `250`, `'250ms'`, `'1.5s'`, `'2m'`, `'1h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const
/** The longest delay that a Node timer keeps; a longer one would fire at once. */
export const LONGEST: number = 2 ** 31 - 1

/** Also days: `'2d'`. For what a store keeps, and no timer. */
export type LongDuration = Duration | `${number}d`

/** Milliseconds of a duration of any length. */
export function toLongMilliseconds(duration: LongDuration, option: string): number {
  const days = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)d$/.exec(duration)?.[1] : undefined
  const milliseconds = days === undefined ? parse(duration) : Number(days) * 86_400_000
  if (milliseconds === undefined || !(milliseconds >= 0 && Number.isFinite(milliseconds))) {
    throw expected(option, 'milliseconds or a duration such as "5s", "2h", "3d"', duration)
  }
  return milliseconds
}

/** Milliseconds of a duration; `option` names it in the error. */
export function toMilliseconds(duration: Duration, option: string): number {
  const milliseconds = parse(duration)
  if (milliseconds === undefined || !(milliseconds >= 0 && milliseconds <= LONGEST)) {
    throw expected(
      option,
      'milliseconds or a duration such as "500ms", "5s", "2m" (at most 24 days)',
      duration,
    )
  }
  return milliseconds
}

function parse(duration: unknown): number | undefined {
  if (typeof duration === 'number') return duration
  if (typeof duration !== 'string') return undefined
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(duration)
  return match === null ? undefined : Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
}
