import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** True for an address that only this machine reaches; names other than localhost may be anything. */
export function isLoopback(host: string): boolean {
  const version = isIP(host)
  if (version === 0) return host.toLowerCase() === 'localhost'
  return LOOPBACK.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

/** Where a client on this machine reaches a server that binds `host`. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** The base URL that clients of the collector use, unless the user names one. */
export function collectorUrl(of: {
  readonly endpoint: string | undefined
  readonly host: string
  readonly otlpHttpPort: number
}): string {
  return of.endpoint ?? `http://${reachableHost(of.host)}:${of.otlpHttpPort}`
}
