import { diag } from '@opentelemetry/api'
import { onProcess, setBackgroundTimer } from './platform.ts'
import { processWide } from './process-wide.ts'

const INTERVAL = 60_000
/** The subjects of the last minute, and what is still to be said about each. */
const recent = processWide('warnings', () => new Map<string, { unsaid: string | undefined }>())
let atExit = false

/** Tells the developer on stderr, about one subject at most once a minute; each time to OpenTelemetry's diag logger. */
export function warn(subject: string, message: string): void {
  diag.warn(`weir: ${message}`)
  if (!recent.has(subject)) say(subject, message)
}

/** As {@link warn}; the last message of a minute is said when it is over, or when the process ends. For totals. */
export function warnOfTotal(subject: string, message: string): void {
  const said = recent.get(subject)
  if (said !== undefined) said.unsaid = message
  warn(subject, message)
}

function say(subject: string, message: string): void {
  console.warn(`weir: ${message}`)
  const said: { unsaid: string | undefined } = { unsaid: undefined }
  recent.set(subject, said)
  setBackgroundTimer(() => {
    recent.delete(subject)
    if (said.unsaid !== undefined) say(subject, said.unsaid)
  }, INTERVAL)
  if (!atExit) onProcess('exit', sayRest)
  atExit = true
}

function sayRest(): void {
  for (const { unsaid } of recent.values()) if (unsaid !== undefined) console.warn(`weir: ${unsaid}`)
}
