'use client'

import { type CallOptions, client, RemoteFlowError, type RemoteRun } from '@weir/sdk/client'
import { useRef, useState } from 'react'
import { servedHref } from '#filters/links.ts'
import { escapedName, pathSegment } from '#filters/path-value.ts'
import { send } from './send.ts'
import type { Offer } from './served-flow.ts'

/** Characters of what a run streams that are shown. */
const SHOWN = 50_000

/** What is known here of a run that was started here. */
export interface StartedRun {
  readonly offer: Offer
  /** Of the page, in milliseconds: tells it from other runs. */
  readonly startedAt: number
  readonly id: string | undefined
  /** Unknown: nothing more is heard of it. */
  readonly status: 'running' | 'ok' | 'error' | 'cancelled' | 'unknown'
  /** The end of what it streamed. */
  readonly chunks: string
  /** With status ok: JSON, undefined for nothing. */
  readonly output?: string | undefined
  /** Why it failed, or could not be cancelled. */
  readonly error?: string | undefined
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
        started.id.then((id) => typeof id === 'string' && change(() => ({ id }))).catch(() => undefined)
        for await (const chunk of started)
          change(({ chunks }) => ({ chunks: (chunks + textOf(chunk)).slice(-SHOWN) }))
        const output = await started.result
        change(() => ({
          status: 'ok',
          error: undefined,
          output: output === null ? undefined : JSON.stringify(output),
        }))
      } catch (error) {
        change(() => endOf(error))
      }
    })()
  }

  const cancel = () => {
    if (run?.id === undefined) return remote.current?.cancel()
    const { startedAt, offer, id } = run
    void cancelOn(offer, id).then((problem) => {
      if (problem === undefined) return
      setRun((known) =>
        known?.startedAt === startedAt && known.status === 'running'
          ? { ...known, error: `It goes on: ${problem}` }
          : known,
      )
    })
  }
  return { run, start, cancel }
}

function startOn({ server, name }: Offer, input: unknown, options: CallOptions): RemoteRun<unknown, unknown> {
  type Start = (input: unknown, options: CallOptions) => RemoteRun<unknown, unknown>
  const flows = client<object>(servedHref(server)) as unknown as Readonly<Record<string, { start: Start }>>
  return flows[escapedName(name)]!.start(input, options)
}

/**
 * Also a run that goes on without its caller, since its flow has a store.
 * @returns why it was not cancelled; undefined where it was
 */
function cancelOn({ server }: Offer, id: string): Promise<string | undefined> {
  return send(`${servedHref(server)}/runs/${pathSegment(id)}`, { method: 'DELETE' })
}

function textOf(chunk: unknown): string {
  return typeof chunk === 'string' ? chunk : `${JSON.stringify(chunk)}\n`
}

function endOf(error: unknown): Partial<StartedRun> {
  const { name, message } = error as Error
  if (name === 'AbortError') return { status: 'cancelled' }
  if (!(error instanceof RemoteFlowError)) {
    const isRead = error instanceof SyntaxError || error instanceof RangeError
    const what = isRead ? 'What came of the run cannot be read' : 'The dashboard does not answer'
    return { status: 'unknown', error: `${what}: ${message}` }
  }
  if (error.type === 'AbortError') return { status: 'cancelled' }
  return message === 'the answer broke off'
    ? { status: 'unknown', error: BROKEN_OFF }
    : { status: 'error', error: message }
}

const BROKEN_OFF =
  'Nothing more is heard of the run here: its server broke off, or the run took more than ten minutes or streamed more than 16 MiB. ' +
  'If its flow has a store it goes on, and its page shows how it ends.'
