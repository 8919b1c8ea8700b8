import type { IncomingMessage, ServerResponse } from 'node:http'
import cors from 'cors'

/** Seconds for which browsers need not ask again; none remembers for longer. */
const MAX_AGE = 7200

/** Returns true where it has answered: the browser asked whether it may send. */
export type Cors = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * Lets pages of other origins send traces (fetch.spec.whatwg.org/#http-cors-protocol).
 * @param origins such as `https://app.example.com`; `*` for all, then without credentials; none for no CORS at all
 */
export function corsFor(origins: readonly string[]): Cors {
  if (origins.length === 0) return () => false
  const all = origins.includes('*')
  const handle = cors({
    origin: all ? '*' : [...origins],
    // navigator.sendBeacon always sends credentials.
    credentials: !all,
    methods: 'POST',
    exposedHeaders: 'retry-after',
    maxAge: MAX_AGE,
  })
  return (request, response) => {
    let answered = true
    handle(request, response, () => {
      answered = false
    })
    return answered
  }
}
