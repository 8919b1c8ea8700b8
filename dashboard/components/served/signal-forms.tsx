'use client'

import { useRouter } from 'next/navigation'
import { type FormEvent, type ReactElement, useEffect, useMemo, useState } from 'react'
import { Time } from '#components/frame/time.tsx'
import { type Draft, readDraft, toDraft } from '#components/schema-form/draft.ts'
import { toField } from '#components/schema-form/field.ts'
import { SchemaInput } from '#components/schema-form/schema-input.tsx'
import { servedHref } from '#filters/links.ts'
import { pathSegment } from '#filters/path-value.ts'
import { Problems } from './problems.tsx'
import { reasonOf, send } from './send.ts'
import styles from './served.module.css'
import type { PendingWait, RunView, ServedSignal } from './served-flow.ts'

/** Milliseconds from an answer to the next look. */
const PERIOD_MS = 1_500

interface SignalFormsProps {
  readonly server: string
  readonly runId: string
  /** What may be sent to runs of its flow. */
  readonly signals: readonly ServedSignal[]
  /** What the server said when the page was rendered. */
  readonly initial?: RunView
  /** Called with the status of the run whenever it is another one. */
  readonly onStatus?: (status: string) => void
}

/** What a suspended run waits for, each with a form that sends it; nothing while the run goes on. */
export function SignalForms({
  server,
  runId,
  signals,
  initial,
  onStatus,
}: SignalFormsProps): ReactElement | null {
  const router = useRouter()
  const href = `${servedHref(server)}/runs/${pathSegment(runId)}`
  const [view, setView] = useState(initial)
  const [problem, setProblem] = useState('')

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let ended = false
    const look = async () => {
      const next = document.hidden ? undefined : await readView(href)
      if (ended) return
      if (typeof next === 'string') setProblem(next)
      else if (next !== undefined) {
        setProblem('')
        setView(next)
      }
      timer = setTimeout(look, PERIOD_MS)
    }
    timer = setTimeout(look, initial === undefined ? 0 : PERIOD_MS)
    return () => {
      ended = true
      clearTimeout(timer)
    }
  }, [href, initial])

  const status = view?.status
  useEffect(() => {
    if (status !== undefined) onStatus?.(status)
    // The rest of a run's page shows what the store has of it.
    if (initial !== undefined && status !== initial.status) router.refresh()
  }, [status, initial, router, onStatus])

  if (problem === '' && view?.status !== 'suspended') return null
  return (
    <>
      {problem === '' ? null : <p role="alert">{problem}</p>}
      <ul className={styles.waits} aria-label="Waits for">
        {(view?.waitingFor ?? []).map((wait) => (
          <li key={JSON.stringify(wait)}>
            <Wait wait={wait} href={href} signals={signals} />
          </li>
        ))}
      </ul>
    </>
  )
}

interface WaitProps {
  readonly wait: PendingWait
  readonly href: string
  readonly signals: readonly ServedSignal[]
}

function Wait({ wait, href, signals }: WaitProps): ReactElement {
  const { signal, key, until } = wait
  const due = until === undefined ? null : <Time unixMs={Date.parse(until)} nowMs={undefined} />
  if (signal === undefined) return <p>It sleeps until {due}</p>
  const declared = signals.find(({ name }) => name === signal)
  return (
    <>
      <p>
        It waits for <strong>{signal}</strong>
        {key === undefined ? null : (
          <>
            {' '}
            of <strong>{key}</strong>
          </>
        )}
        {due ? <>, until {due}</> : null}
      </p>
      {declared === undefined ? (
        <p className="muted">
          Its flow does not declare this signal, so its server does not take it: add it to the flow’s
          <code> signals</code>.
        </p>
      ) : (
        <SignalForm wait={wait} href={href} declared={declared} />
      )}
    </>
  )
}

function SignalForm({
  wait: { key },
  href,
  declared,
}: {
  readonly wait: PendingWait
  readonly href: string
  readonly declared: ServedSignal
}): ReactElement {
  const field = useMemo(() => toField(declared.value), [declared.value])
  const [draft, setDraft] = useState<Draft>(() => toDraft(field))
  const [problems, setProblems] = useState<readonly string[]>([])
  const [state, setState] = useState<'open' | 'sending' | 'sent'>('open')
  // An error may hide that the signal arrived: it is sent again as the same.
  const [id, setId] = useState(newId)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const { value, problems: found } = readDraft(field, draft)
    setProblems(found.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)))
    if (found.length > 0) return
    setState('sending')
    const failure = await send(`${href}/signals/${pathSegment(declared.name)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value, key, id }),
    })
    setProblems(failure === undefined ? [] : [failure])
    setState(failure === undefined ? 'sent' : 'open')
  }
  /** A run may wait for the same signal again, and nothing tells the one wait from the other. */
  const reopen = () => {
    setId(newId)
    setDraft(toDraft(field))
    setState('open')
  }
  if (state === 'sent') {
    return (
      <div className={styles.buttons}>
        <p role="status">Sent. The run goes on as soon as a process takes it up.</p>
        <button type="button" className="button" onClick={reopen}>
          Send another
        </button>
      </div>
    )
  }
  return (
    <form
      className={styles.form}
      aria-label={`Send ${declared.name}`}
      onSubmit={(event) => void submit(event)}
    >
      <SchemaInput field={field} draft={draft} onChange={setDraft} name={declared.name} />
      <Problems problems={problems} />
      <div className={styles.buttons}>
        <button type="submit" className="button" data-primary disabled={state === 'sending'}>
          Send {declared.name}
        </button>
      </div>
    </form>
  )
}

function newId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}

/** How the run goes; a text says why that is not known. */
async function readView(href: string): Promise<RunView | string> {
  try {
    const response = await fetch(href, { cache: 'no-store', signal: AbortSignal.timeout(15_000) })
    const body: unknown = await response.json()
    return response.ok ? (body as RunView) : reasonOf(body)
  } catch {
    return 'The dashboard does not answer.'
  }
}
