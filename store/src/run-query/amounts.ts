const UNITS = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  min: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
} as const

const LONGEST = 2n ** 64n - 1n

/** How amounts of a field are written. */
export type AmountType = 'duration' | 'cost' | 'count' | 'number'

export const EXPECTED_AMOUNT: Readonly<Record<AmountType, string>> = {
  duration: 'a duration with its unit, as in 250ms, 1.5s or 2h',
  cost: 'US dollars, as in $0.02',
  count: 'a whole number, as in 500',
  number: 'a number, as in 0.5',
}

const DECIMAL = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i

/** Whether a text is a number, as attributes are compared by. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text) && Number.isFinite(Number(text))
}

/** Nanoseconds of a duration, US dollars of a cost, or the number, as a decimal text; undefined where the text is none. */
export function readAmount(type: AmountType, text: string): string | undefined {
  if (type === 'duration') return readDuration(text)
  if (type === 'count') return /^\d{1,19}$/.test(text) ? text : undefined
  const number = type === 'cost' ? text.replace(/^\$/, '') : text
  return isDecimal(number) ? number : undefined
}

function readDuration(text: string): string | undefined {
  const [, whole, fraction = '', unit] = /^(\d+)(?:\.(\d{1,18}))?(ns|us|µs|ms|s|m|min|h|d)$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const scaled = BigInt(whole + fraction) * UNITS[unit as keyof typeof UNITS]
  const scale = 10n ** BigInt(fraction.length)
  // Less than a nanosecond cannot be told apart.
  if (scaled % scale !== 0n || scaled / scale > LONGEST) return undefined
  return String(scaled / scale)
}
