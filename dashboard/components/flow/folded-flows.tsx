import { MOST_FLOWS, OTHER_FLOWS } from '@weir/store/settle'
import type { ReactElement } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { flowHref } from '#filters/links.ts'
import { formatExact } from '#format/number.ts'
import styles from './folded-flows.module.css'

interface FoldedFlowsProps {
  readonly runs: number
  /** The filters to keep when their flow is opened. */
  readonly query: string
}

/** Says that the names of flows are too many, and why that happens. */
export function FoldedFlows({ runs, query }: FoldedFlowsProps): ReactElement {
  return (
    <p className={styles.note} role="note">
      <Icon name="warning" size={14} />
      <span>
        {formatExact(runs)} {runs === 1 ? 'run' : 'runs'} of flows beyond the first {formatExact(MOST_FLOWS)}{' '}
        of this project {runs === 1 ? 'is' : 'are'} counted as{' '}
        <TextLink className="link" href={flowHref(OTHER_FLOWS, query)}>
          {OTHER_FLOWS}
        </TextLink>
        : the name of a flow, or of a root span, probably contains an id. Put the id in an attribute;
        INSTRUMENTING.md says how.
      </span>
    </p>
  )
}
