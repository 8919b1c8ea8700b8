const EXACT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A number as sentences say it: `135,750`. */
export function grouped(value: number): string {
  return EXACT.format(value)
}
