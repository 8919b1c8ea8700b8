'use client'

import { type FormEvent, type ReactElement, useId, useMemo, useState } from 'react'
import { Panel } from '#components/frame/panel.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { ValueView } from '#components/run/viewer/value-view.tsx'
import { type Draft, type Problem, readDraft, toDraft } from '#components/schema-form/draft.ts'
import { type Field, toField } from '#components/schema-form/field.ts'
import { SchemaInput } from '#components/schema-form/schema-input.tsx'
import { newRunHref } from '#filters/links.ts'
import { Problems } from './problems.tsx'
import styles from './served.module.css'
import type { Offer } from './served-flow.ts'
import { SignalForms } from './signal-forms.tsx'
import { type StartedRun, useRun } from './use-run.ts'

interface RunFlowProps {
  /** One at least. */
  readonly offers: readonly Offer[]
  readonly isOpen: boolean
}

const ANY: Field = { kind: 'json' }

/** Runs a flow that servers offer, and shows what it streams and gives. */
export function RunFlow({ offers, isOpen }: RunFlowProps): ReactElement {
  const [open, setOpen] = useState(isOpen)
  const [chosen, setChosen] = useState(offers[0]!.server)
  const { run, start, cancel } = useRun()
  const offer = offers.find(({ server }) => server === chosen) ?? offers[0]!
  const version = offer.version === undefined ? '' : `, version ${offer.version}`
  return (
    <Panel
      title="Run this flow"
      note={`Offered by ${offer.server}${version}${offers.length > 1 ? `, and ${offers.length - 1} more` : ''}`}
      actions={
        <button type="button" className="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Close' : 'Run…'}
        </button>
      }
    >
      {open ? (
        <div className={styles.run}>
          <InputForm
            key={`${offer.server} ${offer.name}`}
            offer={offer}
            offers={offers}
            onChoose={setChosen}
            isRunning={run?.status === 'running'}
            onRun={start}
            onCancel={cancel}
          />
          {run ? <RunResult key={run.startedAt} run={run} /> : null}
        </div>
      ) : null}
    </Panel>
  )
}

interface InputFormProps {
  readonly offer: Offer
  readonly offers: readonly Offer[]
  readonly onChoose: (server: string) => void
  readonly isRunning: boolean
  readonly onRun: ReturnType<typeof useRun>['start']
  readonly onCancel: () => void
}

function InputForm({ offer, offers, onChoose, isRunning, onRun, onCancel }: InputFormProps): ReactElement {
  const id = useId()
  const own = useMemo(() => toField(offer.input), [offer.input])
  const [asJson, setAsJson] = useState(false)
  const field = asJson ? ANY : own
  const [draft, setDraft] = useState<Draft>(() => toDraft(own))
  const [session, setSession] = useState('')
  const [metadata, setMetadata] = useState('')
  const [problems, setProblems] = useState<readonly Problem[]>([])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    const input = readDraft(field, draft)
    const labels = readDraft(ANY, metadata)
    const found = [
      ...input.problems,
      ...labels.problems.map(({ message }) => ({ path: 'Metadata', message })),
    ]
    setProblems(found)
    if (found.length > 0) return
    const options = {
      ...(session === '' ? {} : { session }),
      ...(labels.value === undefined ? {} : { metadata: labels.value as Readonly<Record<string, unknown>> }),
    }
    onRun(offer, input.value, options)
  }
  /** The same value, entered otherwise. */
  const change = () => {
    const { value, problems: found } = readDraft(field, draft)
    setProblems(asJson ? found : [])
    if (asJson && found.length > 0) return
    setDraft(toDraft(asJson ? own : ANY, value))
    setAsJson(!asJson)
  }
  return (
    <form className={styles.form} onSubmit={submit} aria-label="Input">
      {offer.description ? <p className="muted">{offer.description}</p> : null}
      {offers.length > 1 ? (
        <div className={styles.field}>
          <label htmlFor={`${id}-server`}>Server</label>
          <select id={`${id}-server`} value={offer.server} onChange={(event) => onChoose(event.target.value)}>
            {offers.map(({ server, version }) => (
              <option key={server} value={server}>
                {version === undefined ? server : `${server}, version ${version}`}
              </option>
            ))}
          </select>
        </div>
      ) : null}
      <SchemaInput field={field} draft={draft} onChange={setDraft} name="Input" />
      <details className={styles.more}>
        <summary>{offer.kind === 'Weir' ? 'Session and metadata' : 'Session'}</summary>
        <div className={styles.field}>
          <label htmlFor={`${id}-session`}>Session</label>
          <input
            id={`${id}-session`}
            value={session}
            autoComplete="off"
            onChange={(event) => setSession(event.target.value)}
          />
        </div>
        {offer.kind === 'Weir' ? (
          <div className={styles.field}>
            <label htmlFor={`${id}-metadata`}>Metadata</label>
            <textarea
              id={`${id}-metadata`}
              className="mono"
              rows={1}
              placeholder='{"key": "value"}'
              spellCheck={false}
              value={metadata}
              onChange={(event) => setMetadata(event.target.value)}
            />
          </div>
        ) : null}
      </details>
      <Problems
        problems={problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))}
      />
      <div className={styles.buttons}>
        <button type="submit" className="button" data-primary disabled={isRunning}>
          {isRunning ? 'Running…' : 'Run'}
        </button>
        {isRunning ? (
          <button type="button" className="button" onClick={onCancel}>
            Cancel
          </button>
        ) : null}
        {own.kind === 'json' ? null : (
          <button type="button" className={styles.switch} onClick={change}>
            {asJson ? 'As a form' : 'As JSON'}
          </button>
        )}
      </div>
    </form>
  )
}

function RunResult({ run }: { readonly run: StartedRun }): ReactElement {
  const { id, chunks, output, error, offer } = run
  const [seen, setSeen] = useState('running')
  const status = run.status === 'running' && seen === 'suspended' ? seen : run.status
  const goesOn = run.status === 'running'
  return (
    <section className={styles.result} aria-label="This run">
      <p className={styles.state} role="status">
        <StatusBadge status={status} />
        {id === undefined ? null : (
          <TextLink className="link" href={newRunHref(id)}>
            {goesOn ? 'Follow the run' : 'Open the run'}
          </TextLink>
        )}
      </p>
      {error ? (
        <p className={styles.problem} role="alert">
          {error}
        </p>
      ) : null}
      {id !== undefined && offer.signals.length > 0 && goesOn ? (
        <SignalForms server={offer.server} runId={id} signals={offer.signals} onStatus={setSeen} />
      ) : null}
      {chunks === '' ? null : (
        <section aria-label="Streamed">
          <h3>Streamed</h3>
          <pre className={styles.stream}>{chunks}</pre>
        </section>
      )}
      {status === 'ok' ? <Output json={output} /> : null}
    </section>
  )
}

function Output({ json }: { readonly json: string | undefined }): ReactElement {
  const value: unknown = json === undefined ? undefined : JSON.parse(json)
  const isText = typeof value === 'string'
  const text = isText ? value : (json ?? '')
  return (
    <ValueView
      title="Output"
      value={{ text, length: text.length, type: isText ? 'text' : 'json', originalLength: 0 }}
      loadAll={() => Promise.resolve(text)}
    />
  )
}
