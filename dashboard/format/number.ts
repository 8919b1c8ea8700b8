const exact = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 })

/** 1234567 as "1,234,567". */
export function formatExact(value: number): string {
  if (!Number.isFinite(value)) return '–'
  return exact.format(value)
}

/** Up to 9,999 exactly, above it "12.3K", and "1.0e+15" where there is no letter any more. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 1e15) return value.toExponential(1)
  return Math.abs(value) < 10_000 ? exact.format(value) : compact.format(value)
}

/** 0.0512 as "5.1%"; never "0%" or "100%" for what is not exactly that. */
export function formatPercent(share: number): string {
  const percent = share * 100
  if (!Number.isFinite(percent)) return '–'
  if (share === 0 || share === 1) return `${percent}%`
  if (percent > 0 && percent < 0.1) return '<0.1%'
  if (percent < 100 && percent > 99.9) return '>99.9%'
  return `${percent < 9.95 ? percent.toFixed(1) : percent > 99 ? percent.toFixed(1) : percent.toFixed(0)}%`
}

/** US dollars; two significant digits below a cent. */
export function formatCost(dollars: number): string {
  if (!Number.isFinite(dollars)) return '–'
  if (dollars === 0) return '$0'
  if (dollars < 1e-6) return '<$0.000001'
  if (dollars < 0.01) return `$${dollars.toFixed(1 - Math.floor(Math.log10(dollars)))}`
  if (dollars < 1000) return `$${dollars.toFixed(dollars < 1 ? 3 : 2)}`
  return `$${formatCount(Math.round(dollars))}`
}

/** A ratio of two durations: "1.52×". */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–'
  return `${ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)}×`
}

/** A p or q value: "0.032", "<0.001". */
export function formatProbability(value: number): string {
  if (!Number.isFinite(value)) return '–'
  return value < 0.001 ? '<0.001' : value.toFixed(3)
}

/** UTF-8 size of a value: "812 B", "1.2 MB". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–'
  const units = ['B', 'KB', 'MB', 'GB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`
}

/** A difference of two rates in percentage points: "-4.2 pts". */
export function formatPoints(difference: number): string {
  const points = difference * 100
  if (!Number.isFinite(points)) return '–'
  const text = Math.abs(points) >= 9.95 ? points.toFixed(0) : points.toFixed(1)
  return `${points > 0 ? '+' : ''}${text === '-0.0' ? '0.0' : text} pts`
}
