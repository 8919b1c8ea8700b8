const LOOPBACK = /^(localhost|::1|127(\.\d{1,3}){3})$/

/**
 * Whether a request may have come from a page of ours. A web page elsewhere can point a name of its own at 127.0.0.1 and
 * read what answers there (DNS rebinding); it cannot change the Host header. Where WEIR_HOST binds Weir to more than
 * loopback (0.0.0.0 in a container), its operator decides who reaches it, under whatever name: no name is refused.
 */
export function isTrustedHost(
  host: string | null,
  boundTo: string = process.env.WEIR_HOST || '127.0.0.1',
): boolean {
  if (!LOOPBACK.test(boundTo)) return true
  if (host === null) return false
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return LOOPBACK.test(name.replace(/^\[|\]$/g, '')) || name.endsWith('.localhost')
}
