import { setBackgroundTimer } from '../platform.ts'
import { WEIR_KIND } from '../semconv.ts'
import type { ReadableSpan, RecordedSpan } from '../spans/span.ts'
import { warn } from '../warn.ts'

/** Milliseconds between two looks at what is open. */
const LOOK_EVERY = 200
/** Milliseconds after which the start of a span is sent: a shorter one is sent once, when it ends. */
const AFTER = { flow: 200, other: 2_000 } as const
/** Milliseconds after which a run that still goes on is sent again, so that it does not count as expired. */
const AGAIN_AFTER = 240_000

/** Spans that are kept: those of steps that hang for ever must not fill the memory. */
const MAX_OPEN = 10_000

/** Spans that have not ended. Those that last are sent before they end, so that a run that never ends is seen. */
export class OpenSpans {
  /** When each was sent, in milliseconds after its start. */
  readonly #open: Map<ReadableSpan, number | undefined> = new Map()
  readonly #send: (spans: ReadableSpan[]) => Promise<boolean>
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param send gives whether the spans arrived */
  constructor(send: (spans: ReadableSpan[]) => Promise<boolean>) {
    this.#send = send
  }

  add(span: RecordedSpan): void {
    if (this.#open.size >= MAX_OPEN) {
      warn('open', `${MAX_OPEN} spans have not ended; of further ones only the ends are sent`)
      return
    }
    this.#open.set(span, undefined)
    if (this.#timer === undefined) this.#schedule()
  }

  delete(span: ReadableSpan): void {
    this.#open.delete(span)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#open.clear()
  }

  unfinished(): ReadableSpan[] {
    return [...this.#open.keys()]
  }

  #schedule(): void {
    this.#timer = setBackgroundTimer(() => {
      this.#timer = undefined
      void this.#look()
    }, LOOK_EVERY)
  }

  async #look(): Promise<void> {
    if (this.#open.size === 0) return
    const due: RecordedSpan[] = []
    for (const [open, sentAt] of this.#open) {
      const span = open as RecordedSpan
      const isFlow = span.attributes[WEIR_KIND] === 'flow'
      const isDue =
        sentAt === undefined
          ? span.elapsed >= (isFlow ? AFTER.flow : AFTER.other)
          : isFlow && span.elapsed - sentAt >= AGAIN_AFTER
      if (isDue) due.push(span)
    }
    if (due.length > 0 && (await this.#send(due))) {
      for (const span of due) if (this.#open.has(span)) this.#open.set(span, span.elapsed)
    }
    if (this.#timer === undefined) this.#schedule()
  }
}
