import type { ReactElement } from 'react'
import { listOffers } from '#data/flow-servers/offers.ts'
import { RunFlow } from './run-flow.tsx'

/** Runs a flow, where a server offers it. */
export async function RunPanel({
  flow,
  isOpen,
}: {
  readonly flow: string
  readonly isOpen: boolean
}): Promise<ReactElement | null> {
  const offers = await listOffers(flow)
  return offers.length === 0 ? null : <RunFlow offers={offers} isOpen={isOpen} />
}
