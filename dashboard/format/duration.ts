/** Nanoseconds as people read them: three significant digits and a unit, minutes and hours from one minute on. */
export function formatDuration(ns: number): string {
  if (!Number.isFinite(ns)) return '–'
  if (ns < 0) return `-${formatDuration(-ns)}`
  if (ns < 999.5) return `${Math.round(ns)} ns`
  if (ns < 999.5e3) return `${threeDigits(ns / 1e3)} µs`
  if (ns < 999.5e6) return `${threeDigits(ns / 1e6)} ms`
  if (ns < 59.95e9) return `${threeDigits(ns / 1e9)} s`
  const seconds = Math.round(ns / 1e9)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)}d ${pad(hours % 24)}h`
}

/** A quantile or mean, whose 0 says that nothing has ended yet. */
export function formatTypical(ns: number): string {
  return ns === 0 ? '–' : formatDuration(ns)
}

/** A quantile that may be off by a share `error` of the true value; 0: it is exact. */
export function formatQuantile(ns: number, error: number): string {
  return error > 0 && ns > 0 ? `≈ ${formatTypical(ns)}` : formatTypical(ns)
}

/** What a quantile is, in full; undefined where there is none. */
export function describeError(ns: number, error: number): string | undefined {
  if (ns === 0) return undefined
  return error > 0
    ? `about, from a sketch of many durations: within ${error * 100}%`
    : `exactly ${Math.round(ns).toLocaleString('en-US')} ns`
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0)
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2)
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
