import { diag } from '@opentelemetry/api'

const INTERVAL = 60_000
const lastSaid = new Map<string, number>()

/** Tells the developer on stderr, about one subject at most once a minute; each time to OpenTelemetry's diag logger. */
export function warn(subject: string, message: string): void {
  diag.warn(`weir: ${message}`)
  const now = performance.now()
  const last = lastSaid.get(subject)
  if (last !== undefined && now - last < INTERVAL) return
  lastSaid.set(subject, now)
  console.warn(`weir: ${message}`)
}
