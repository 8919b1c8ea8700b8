import Link from 'next/link'
import type { ComponentProps, ReactElement } from 'react'
import { LinkPending } from '#components/problem/pending.tsx'

/**
 * A link within the dashboard. It does not prefetch: pages are rendered per request, so a table of fifty links
 * would ask for fifty pages that nobody opens. While the page that it leads to is waited for, it shows so.
 */
export function TextLink({ children, ...props }: ComponentProps<typeof Link>): ReactElement {
  return (
    <Link prefetch={false} {...props}>
      {children}
      <LinkPending />
    </Link>
  )
}
