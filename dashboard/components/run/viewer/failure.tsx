import type { ReactElement } from 'react'
import type { SpanJson } from './span-json.ts'
import styles from './viewer.module.css'

/** What went wrong in a span: the recorded error, else its exception events. */
export function Failure({ span }: { readonly span: SpanJson }): ReactElement | null {
  const exception = span.events.findLast(({ name }) => name === 'exception')
  const recorded = (key: string) =>
    exception?.attributes.find((attribute) => attribute.key === key)?.value.text ?? ''
  const type = span.errorType || recorded('exception.type')
  const message = span.errorMessage || recorded('exception.message') || span.statusMessage
  const stack = recorded('exception.stacktrace')
  if (!type && !message && !stack) return null
  return (
    <section className={styles.failure} aria-label="Error">
      <h3>{type || 'Error'}</h3>
      <p>{message}</p>
      {stack ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className={styles.stack} aria-label="Stack" tabIndex={0}>
          <pre>{stack}</pre>
        </section>
      ) : null}
    </section>
  )
}
