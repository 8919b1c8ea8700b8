import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { exception } from './exception.ts'

/**
 * The embedded engine has no password, so a page in the user's browser must not reach it: neither by a cross-site
 * request (browsers send `Origin`) nor by a name of its own that resolves to this machine (DNS rebinding).
 */
export function refuseBrowsers(request: IncomingMessage, listeningOn: string): void {
  if (request.headers.origin !== undefined) {
    throw exception(
      497,
      'ACCESS_DENIED',
      `Requests of web pages are refused, this one came from ${request.headers.origin}`,
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

function hostName(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
