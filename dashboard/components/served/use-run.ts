'use client'

import { type CallOptions, client, RemoteFlowError, type RemoteRun } from '@weir/sdk/client'
import { useRef, useState } from 'react'
import { servedHref } from '#filters/links.ts'
import { escapedName, pathSegment } from '#filters/path-value.ts'
import type { Offer } from './served-flow.ts'

/** Characters of what a run streams that are shown. */
const SHOWN = 50_000

/** What is known here of a run that was started here. */
export interface StartedRun {
  readonly offer: Offer
  /** Of the page, in milliseconds: tells it from other runs. */
  readonly startedAt: number
  readonly id: string | undefined
  readonly status: 'running' | 'ok' | 'error' | 'cancelled'
  /** The end of what it streamed. */
  readonly chunks: string
  /** With status ok: JSON, undefined for nothing. */
  readonly output?: string | undefined
  /** With status error. */
  readonly error?: string
}

interface RunControls {
  readonly run: StartedRun | undefined
  start(offer: Offer, input: unknown, options: CallOptions): void
  cancel(): void
}

/**
 * Runs a flow on its server. The run is read on while another page of the dashboard is open; who leaves all of them cancels it, unless its
 * flow has a store.
 */
export function useRun(): RunControls {
  const [run, setRun] = useState<StartedRun>()
  const remote = useRef<RemoteRun<unknown, unknown>>(undefined)

  const start = (offer: Offer, input: unknown, options: CallOptions) => {
    const started = startOn(offer, input, options)
    remote.current = started
    const change = (change: (known: StartedRun) => Partial<StartedRun>) => {
      if (remote.current !== started) return
      setRun((known) => known && { ...known, ...change(known) })
    }
    setRun({ offer, startedAt: performance.now(), id: undefined, status: 'running', chunks: '' })
    void (async () => {
      try {
        // A run that is refused has no id, and says why as its result.
        started.id.then((id) => change(() => ({ id }))).catch(() => undefined)
        for await (const chunk of started)
          change(({ chunks }) => ({ chunks: (chunks + textOf(chunk)).slice(-SHOWN) }))
        const output = await started.result
        change(() => ({ status: 'ok', output: output === null ? undefined : JSON.stringify(output) }))
      } catch (error) {
        change(() => endOf(error))
      }
    })()
  }

  const cancel = () => {
    if (run !== undefined) void cancelOn(run).then((isDone) => isDone || remote.current?.cancel())
  }
  return { run, start, cancel }
}

function startOn({ server, name }: Offer, input: unknown, options: CallOptions): RemoteRun<unknown, unknown> {
  type Start = (input: unknown, options: CallOptions) => RemoteRun<unknown, unknown>
  const flows = client<object>(servedHref(server)) as unknown as Readonly<Record<string, { start: Start }>>
  return flows[escapedName(name)]!.start(input, options)
}

/** Also a run that goes on without its caller, since its flow has a store. */
async function cancelOn({ id, offer }: StartedRun): Promise<boolean> {
  if (id === undefined) return false
  const url = `${servedHref(offer.server)}/runs/${pathSegment(id)}`
  return fetch(url, { method: 'DELETE' }).then(
    ({ ok }) => ok,
    () => false,
  )
}

function textOf(chunk: unknown): string {
  return typeof chunk === 'string' ? chunk : `${JSON.stringify(chunk)}\n`
}

function endOf(error: unknown): Partial<StartedRun> {
  const { name, message } = error as Error
  if (!(error instanceof RemoteFlowError)) {
    if (name === 'AbortError') return { status: 'cancelled' }
    return { status: 'error', error: `The dashboard does not answer: ${message}` }
  }
  if (error.type === 'AbortError') return { status: 'cancelled' }
  if (message === 'the answer broke off') {
    const words =
      'Nothing more is heard of the run here: its server broke off, or it took more than ten minutes. It may go on; its page shows how it ends.'
    return { status: 'error', error: words }
  }
  return { status: 'error', error: message }
}
