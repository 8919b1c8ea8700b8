import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLoopback } from '@weir/config'
import { exception } from './exception.ts'

/**
 * A page in the user's browser must not reach the embedded engine, whatever it knows: neither by a request of its own
 * (browsers send `Origin`), nor by a picture, a link or a form (they send `Sec-Fetch-*`), nor by a name of its own that
 * resolves to this machine (DNS rebinding).
 *
 * @throws ClickHouseException 497 ACCESS_DENIED
 */
export function refuseBrowsers(request: IncomingMessage, listeningOn: string): void {
  const header = browserHeader(request)
  if (header !== undefined) {
    throw exception(
      497,
      'ACCESS_DENIED',
      `Requests of browsers are refused, and this one has the header ${header}: use a program, such as curl`,
    )
  }
  const host = hostName(request.headers.host ?? '')
  if (!isLoopback(listeningOn) || host === 'localhost' || host === listeningOn || isIP(host) !== 0) return
  throw exception(
    497,
    'ACCESS_DENIED',
    `The host "${host}" is not this server's: use http://${listeningOn} or http://localhost`,
  )
}

/** A header that browsers send. Node's `fetch` sends `sec-fetch-mode: cors` and nothing else of the kind; a browser never sends it alone. */
function browserHeader({ headers }: IncomingMessage): string | undefined {
  return Object.keys(headers).find(
    (name) =>
      name === 'origin' ||
      (name.startsWith('sec-fetch-') && !(name === 'sec-fetch-mode' && headers[name] === 'cors')),
  )
}

function hostName(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
}
