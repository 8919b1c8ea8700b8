import type { RunRow } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { Panel } from '#components/frame/panel.tsx'
import { RetryButton } from '#components/problem/retry-button.tsx'
import { findHolder } from '#data/flow-servers/offers.ts'
import { SignalForms } from './signal-forms.tsx'

/** What a suspended run waits for, where a server takes it. */
export async function RunSignals({ run }: { readonly run: RunRow }): Promise<ReactElement | null> {
  const { holder, problems, strangers } = await findHolder(run.flow, run.runId)
  if (holder?.view.status === 'suspended') {
    const { offer, view } = holder
    return (
      <Panel title="This run waits" note={`${offer.server} takes what it waits for`}>
        <SignalForms server={offer.server} runId={run.runId} signals={offer.signals} initial={view} />
      </Panel>
    )
  }
  const unknown = strangers.map((url) => ({
    message: `${url} does not know this run.`,
    advice: 'Another store keeps it, or it is the run of a user that the dashboard is not.',
  }))
  const reasons = [...problems, ...unknown]
  if (run.status !== 'suspended' || reasons.length === 0) return null
  return (
    <Panel title="This run waits">
      <p>What it waits for is not known, as a server of flows does not say:</p>
      <ul>
        {reasons.map(({ message, advice }) => (
          <li key={message}>
            {message} {advice}
          </li>
        ))}
      </ul>
      <RetryButton isAutomatic />
    </Panel>
  )
}
