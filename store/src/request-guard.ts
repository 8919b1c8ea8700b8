import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { cutText } from './text/cut-text.ts'

/**
 * A web page can make its reader's browser send requests to any address, loopback too. What it cannot do is change the
 * headers `Host` and `Origin`, and `Sec-Fetch-*` where browsers send them. A page reaches a server of ours
 *
 * - under a name of the page's own that was pointed at the server's address (DNS rebinding). To the browser both are one
 *   site, so all answers could be read: the name in `Host` has to be ours. An address is nobody's name, so it cannot be
 *   pointed elsewhere
 * - from its own site, by forms, images, scripts or `fetch`. Answers cannot be read then, but requests act: only pages
 *   of ours may send them, and links that a reader follows
 */

/** What of a request decides whether it is answered. */
export interface RequestHead {
  readonly method: string | undefined
  /** Each `Host`, or `:authority`; none where its sender is no browser, as all of them send one. */
  readonly hosts: readonly string[]
  /** Host of the target, where that is a whole URL, as proxies send it. */
  readonly target?: string | undefined
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Who may send. */
export interface Trusted {
  /** Names beside localhost: what WEIR_HOST and WEIR_ALLOWED_HOSTS say. `*` for all. */
  readonly hosts: readonly string[]
  /** Origins of pages that are not ours and may send nevertheless; `*` for all. */
  readonly origins?: readonly string[]
}

/** Why a request is not answered. */
export interface Refusal {
  /** 400 not legal HTTP, 403 a page of another origin, 421 a host that is not ours. */
  readonly statusCode: 400 | 403 | 421
  readonly reason: 'host' | 'origin'
  /** For the sender. */
  readonly message: string
}

/** Of a request over HTTP/1. */
export function requestHead({ method, url = '', headers, rawHeaders }: IncomingMessage): RequestHead {
  const hosts: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts.push(rawHeaders[at + 1]!)
  }
  return { method, headers, hosts, target: /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] }
}

/** Undefined for a request that is to be answered. */
export function refusalOf(request: RequestHead, { hosts, origins }: Trusted): Refusal | undefined {
  const named = request.target === undefined ? request.hosts : [...request.hosts, request.target]
  const stranger = named.find((host) => !isOwnHost(host, hosts))
  if (stranger !== undefined) {
    const message =
      `the host ${quoted(stranger)} is not a name of this server, expected localhost, an IP address or a name in ` +
      'WEIR_ALLOWED_HOSTS: if it is yours, add it there'
    return { statusCode: 421, reason: 'host', message }
  }
  // RFC 9112, section 3.2
  if (request.hosts.length > 1) {
    const message = `the request has ${request.hosts.length} host headers, expected one`
    return { statusCode: 400, reason: 'host', message }
  }
  if (!isForeign(request, origins ?? [])) return undefined
  const { origin } = request.headers
  const page = origin === undefined ? 'a page of another site' : `a page of ${quoted(String(origin))}`
  const rule =
    origins === undefined
      ? 'expected one of this server'
      : 'expected one of this server or of an origin in WEIR_CORS_ORIGINS: if it is yours, add its origin there'
  return { statusCode: 403, reason: 'origin', message: `the request comes from ${page}, ${rule}` }
}

/** `[::1]:4318` or `weir.example.com:4318`: an address in brackets or a name, and a port. */
const HOST = /^(?:\[([\da-f:.]+(?:%[\w.~%-]+)?)\]|([\w.-]+))(?::\d*)?$/i

function isOwnHost(host: string, names: readonly string[]): boolean {
  if (names.includes('*')) return true
  const [, ipv6, given] = HOST.exec(host) ?? []
  if (ipv6 !== undefined) return isIP(ipv6) === 6
  if (given === undefined) return false
  // A dot at the end says that the name is whole; browsers send it as it was typed.
  const name = given.toLowerCase().replace(/\.$/, '')
  if (isIP(name) === 4 || name === 'localhost' || name.endsWith('.localhost')) return true
  return names.some((own) => own === name || (own.startsWith('*.') && name.endsWith(own.slice(1))))
}

function isForeign({ method, hosts, headers }: RequestHead, origins: readonly string[]): boolean {
  const { origin, 'sec-fetch-site': site = 'none', 'sec-fetch-mode': mode, 'sec-fetch-dest': to } = headers
  const isOwnSite = site === 'none' || site === 'same-origin'
  if (origin === undefined) {
    const isLink = method === 'GET' && mode === 'navigate' && to === 'document'
    return !isOwnSite && !isLink
  }
  if (origins.includes('*') || origins.includes(String(origin))) return false
  // Forms of a page that sends no referrer come with it, and those of sandboxed pages, which are nobody's.
  if (origin === 'null') return site !== 'same-origin'
  return !hosts.some((host) => isOriginOf(String(origin), host))
}

/** Whichever scheme it has: TLS ends at a proxy. */
function isOriginOf(origin: string, host: string): boolean {
  const [, scheme] = /^(https?):\/\//.exec(origin) ?? []
  const own = `${scheme}://${host}`
  return scheme !== undefined && URL.canParse(own) && new URL(own).origin === origin
}

/** Longest host or origin that an answer repeats, in characters. */
const MAX_QUOTED = 200

function quoted(text: string): string {
  return JSON.stringify(cutText(text, MAX_QUOTED))
}
