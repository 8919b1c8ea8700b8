const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1'])

/**
 * Whether a request may have come from a page of ours. A web page elsewhere can point a name of its own at 127.0.0.1 and
 * read what answers there (DNS rebinding); it cannot change the Host header. Where Weir is bound to more than loopback,
 * its operator decides who reaches it, under whatever name.
 */
export function isTrustedHost(
  host: string | null,
  boundTo: string = process.env.WEIR_HOST || '127.0.0.1',
): boolean {
  if (!LOOPBACK.has(boundTo)) return true
  if (host === null) return false
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return LOOPBACK.has(name.replace(/^\[|\]$/g, '')) || name.endsWith('.localhost')
}
