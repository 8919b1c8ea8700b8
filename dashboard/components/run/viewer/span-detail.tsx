'use client'

import { type ReactElement, useEffect, useState } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { KindIcon } from '#components/run/kind.tsx'
import { StatusBadge } from '#components/run/status-badge.tsx'
import { runHref } from '#filters/links.ts'
import { describeUnknownCost } from '#format/cost.ts'
import { formatDuration } from '#format/duration.ts'
import { nameText } from '#format/name.ts'
import { formatCost, formatExact } from '#format/number.ts'
import { formatUtc } from '#format/time.ts'
import { Attributes } from './attributes.tsx'
import { Failure } from './failure.tsx'
import type { SpanJson } from './span-json.ts'
import { ValueView } from './value-view.tsx'
import styles from './viewer.module.css'

interface SpanDetailProps {
  /** The span's run where it is a nested one, else ''. */
  readonly nestedRunId: string
  readonly traceId: string
  readonly spanId: string
  readonly onClose: () => void
}

async function fetchSpan(
  traceId: string,
  spanId: string,
  full: boolean,
  signal?: AbortSignal,
): Promise<SpanJson> {
  const response = await fetch(`/api/spans/${traceId}/${spanId}${full ? '?full=1' : ''}`, {
    signal: signal ?? null,
  })
  const body = (await response.json()) as SpanJson | { error: string }
  if ('error' in body) throw new Error(body.error)
  return body
}

/** Everything that was recorded of the selected span. */
export function SpanDetail({ nestedRunId, traceId, spanId, onClose }: SpanDetailProps): ReactElement {
  const [span, setSpan] = useState<SpanJson>()
  const [problem, setProblem] = useState('')
  useEffect(() => {
    const abort = new AbortController()
    setProblem('')
    // Whoever holds an arrow key passes many spans: only the one where they stop is asked for.
    const timer = setTimeout(() => {
      fetchSpan(traceId, spanId, false, abort.signal).then(setSpan, (error: unknown) => {
        if (!abort.signal.aborted) setProblem(error instanceof Error ? error.message : String(error))
      })
    }, 60)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [traceId, spanId])
  return (
    <div
      className={styles.detail}
      aria-live="polite"
      aria-busy={span?.spanId !== spanId || span.traceId !== traceId}
    >
      {problem ? (
        <p role="alert">{problem}</p>
      ) : span ? (
        <Loaded
          key={`${span.traceId}${span.spanId}`}
          span={span}
          nestedRunId={nestedRunId}
          onClose={onClose}
        />
      ) : (
        <p className="muted">Loading…</p>
      )}
    </div>
  )
}

function Loaded({
  span,
  nestedRunId,
  onClose,
}: {
  span: SpanJson
  nestedRunId: string
  onClose: () => void
}): ReactElement {
  const all = (field: 'input' | 'output') => async () =>
    (await fetchSpan(span.traceId, span.spanId, true))[field].text
  return (
    <>
      <div className={styles.title}>
        <h2>
          <KindIcon kind={span.kind} />
          {span.name}
          <StatusBadge status={span.status} />
        </h2>
        <button type="button" className="icon-button" aria-label="Close span" onClick={onClose}>
          <Icon name="cross" size={14} />
        </button>
      </div>
      <Failure span={span} />
      <dl className={styles.facts}>
        {facts(span).map(([term, value, title]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd title={title}>{value}</dd>
          </div>
        ))}
        {nestedRunId === '' ? null : (
          <div>
            <dt>Nested run</dt>
            <dd>
              <TextLink className="link" href={runHref(nestedRunId)}>
                Open it
              </TextLink>
            </dd>
          </div>
        )}
      </dl>
      <ValueView title="Input" value={span.input} loadAll={all('input')} />
      <ValueView title="Output" value={span.output} loadAll={all('output')} />
      {span.metadata.length > 0 ? (
        <ValueView
          title="Metadata"
          value={span.metadata}
          loadAll={async () => (await fetchSpan(span.traceId, span.spanId, true)).metadata.text}
        />
      ) : null}
      <Attributes title="Attributes" attributes={span.attributes} open />
      {span.droppedAttributes + span.droppedEvents > 0 ? (
        <p className="muted">{describeDropped(span.droppedAttributes, span.droppedEvents)}</p>
      ) : null}
      {span.events.map((event, index) => (
        <Attributes
          // biome-ignore lint/suspicious/noArrayIndexKey: events never move, and two may be alike
          key={index}
          title={`Event ${nameText(event.name)} ${describeOffset(event.offsetNs)}`}
          attributes={event.attributes}
        />
      ))}
      {span.links.map((link, index) => (
        <Attributes
          // biome-ignore lint/suspicious/noArrayIndexKey: links never move, and two may be alike
          key={index}
          title={`Link to span ${link.spanId} of trace ${link.traceId}`}
          attributes={link.attributes}
        />
      ))}
      <Attributes title="Resource" attributes={span.resourceAttributes} />
    </>
  )
}

function describeDropped(attributes: number, events: number): string {
  const count = (many: number, one: string) => `${formatExact(many)} ${one}${many === 1 ? '' : 's'}`
  const dropped = [attributes > 0 && count(attributes, 'attribute'), events > 0 && count(events, 'event')]
  return `Not here: ${dropped.filter(Boolean).join(' and ')}, removed by retention or dropped by the client`
}

/** When an event was, beside the start of its span. */
function describeOffset(offsetNs: number | null): string {
  if (offsetNs === null) return 'without a time'
  return offsetNs < 0
    ? `${formatDuration(-offsetNs)} before the span’s start`
    : `at ${formatDuration(offsetNs)}`
}

const ESTIMATED = 'Estimated from the tokens by the price of the model: the client did not say it'

function facts(span: SpanJson): [term: string, value: string, title?: string | undefined][] {
  const list: [string, string, (string | undefined)?][] = [
    [
      'Duration',
      span.ended ? formatDuration(span.durationNs) : 'running',
      `${formatExact(span.durationNs)} ns`,
    ],
    ['Started', span.startMs === 0 ? 'no time was recorded' : formatUtc(span.startMs)],
    ['Kind', span.kind],
  ]
  if (span.spanName !== span.name) list.push(['Span name', span.spanName])
  if (span.model) list.push(['Model', span.model])
  if (span.provider) list.push(['Provider', span.provider])
  if (span.inputTokens + span.outputTokens > 0) {
    const cached = span.cachedInputTokens > 0 ? ` (${formatExact(span.cachedInputTokens)} cached)` : ''
    const reasoning = span.reasoningTokens > 0 ? ` (${formatExact(span.reasoningTokens)} reasoning)` : ''
    list.push(
      ['Input tokens', formatExact(span.inputTokens) + cached],
      ['Output tokens', formatExact(span.outputTokens) + reasoning],
    )
  }
  if (span.cost > 0)
    list.push(['Cost', formatCost(span.cost), span.costBasis === 'estimated' ? ESTIMATED : undefined])
  // What names no model wraps calls, whose costs may be known.
  if (span.costBasis === 'unknown' && span.model !== '')
    list.push([
      'Cost',
      'unknown',
      describeUnknownCost({ unpricedTokens: span.inputTokens + span.outputTokens }),
    ])
  if (span.timeToFirstTokenNs > 0) list.push(['First token after', formatDuration(span.timeToFirstTokenNs)])
  list.push(
    ['Service', span.service],
    ['Scope', [span.scopeName, span.scopeVersion].filter(Boolean).join(' ')],
    ['Span id', span.spanId],
  )
  return list.filter(([, value]) => value !== '')
}
