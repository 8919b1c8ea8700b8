import type { ReactElement } from 'react'
import { TextLink } from '#components/frame/text-link.tsx'
import { flowHref } from '#filters/links.ts'
import { nameText } from '#format/name.ts'

/** A flow by its name; what is known of a run before its root arrives has one without a character. */
export function FlowLink({
  flow,
  query = '',
}: {
  readonly flow: string
  readonly query?: string
}): ReactElement {
  return <TextLink href={flowHref(flow, query)}>{nameText(flow)}</TextLink>
}
