import { type NextRequest, NextResponse } from 'next/server'
import { canonicalPath, isReadablePath } from './filters/path-value.ts'

/** Gives each page a Content-Security-Policy with a nonce of its own; Next puts the nonce on its scripts. */
export function proxy(request: NextRequest): NextResponse {
  const { pathname } = request.nextUrl
  if (!isReadablePath(pathname)) {
    return new NextResponse(
      `The address ${JSON.stringify(pathname)} has a "%" that is not followed by the two digits of an escape; write it as "%25".\n`,
      { status: 400 },
    )
  }
  if (canonicalPath(pathname) !== pathname) {
    const url = request.nextUrl.clone()
    url.pathname = canonicalPath(pathname)
    return NextResponse.redirect(url, 308)
  }
  const nonce = crypto.randomUUID()
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : ''}`,
    // Bars of waterfalls and charts are placed by style attributes, which a nonce cannot allow.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
  const headers = new Headers(request.headers)
  headers.set('Content-Security-Policy', policy)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('Content-Security-Policy', policy)
  return response
}

export const config = { matcher: ['/((?!_next/static).*)'] }
