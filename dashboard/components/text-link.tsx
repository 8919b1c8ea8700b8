import Link from 'next/link'
import type { ComponentProps, ReactElement } from 'react'

/**
 * A link within the dashboard. It does not prefetch: pages are rendered per request, so a table of fifty links
 * would ask for fifty pages that nobody opens.
 */
export function TextLink(props: ComponentProps<typeof Link>): ReactElement {
  return <Link prefetch={false} {...props} />
}
