import type { ReactElement } from 'react'
import { flowHref } from '../filters/links.ts'
import { TextLink } from './text-link.tsx'

/** A flow by its name; what is known of a run before its root arrives has none. */
export function FlowLink({
  flow,
  query = '',
}: {
  readonly flow: string
  readonly query?: string
}): ReactElement {
  if (flow === '') return <span className="muted">(not known yet)</span>
  return <TextLink href={flowHref(flow, query)}>{flow}</TextLink>
}
