import { type Case, canonicalJson } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import { cutText, parseExact, prettyExact } from '@weir/store/text'
import { describeEmpty, describeRecordedCut } from '#components/run/viewer/cut-value.ts'
import { formatExact } from '#format/number.ts'

/** A value as the page of a case shows it. */
export interface ShownValue {
  /** Undefined: there is nothing to show, and the note says why. */
  readonly text: string | undefined
  /** The text before this page cut it; undefined where it is not known whole. */
  readonly whole: string | undefined
  /** What is to be known about the text; '' for nothing. */
  readonly note: string
}

function nothing(note: string): ShownValue {
  return { text: undefined, whole: undefined, note }
}

/** Whether two values are known to be the same. */
export function isSameValue(a: ShownValue, b: ShownValue): boolean {
  return a.whole !== undefined && a.whole === b.whole
}

/** Longer values are read on the page of their run. */
const MOST_CHARACTERS = 20_000

/** A value of a case's definition. */
export function shownValue(value: unknown): ShownValue {
  return cut(readable(value))
}

/** The expected output of a case. */
export function shownReference(item: Case | undefined): ShownValue {
  if (item === undefined) return nothing('The case is not stored')
  if (item.reference === undefined) return nothing('The case has no reference')
  return shownValue(item.reference)
}

/** What a run took or gave. */
export function shownPayload(run: RunRecord | undefined, side: 'input' | 'output'): ShownValue {
  if (run === undefined) return nothing('Its run is not stored: it did not arrive, or was removed')
  const [text, type, originalLength] =
    side === 'input'
      ? [run.input, run.inputType, run.inputLength]
      : [run.output, run.outputType, run.outputLength]
  if (text === '') {
    const note = describeEmpty(type, originalLength)
    return type === 'text' && originalLength === 0 ? { text, whole: text, note } : nothing(note)
  }
  const shown = cut(type === 'text' ? readable(text) : readableJson(text), ': the run has them all')
  if (originalLength === 0) return shown
  return { text: shown.text, whole: undefined, note: describeRecordedCut(originalLength) }
}

function cut(text: string, whereElse = ''): ShownValue {
  if (text.length <= MOST_CHARACTERS) return { text, whole: text, note: '' }
  const note = `The first ${formatExact(MOST_CHARACTERS)} of ${formatExact(text.length)} characters${whereElse}`
  return { text: cutText(text, MOST_CHARACTERS), whole: text, note }
}

/** JSON that was cut, or is nested too deep to be written again, is text. */
function readableJson(text: string): string {
  try {
    return readable(parseExact(text))
  } catch {
    return text
  }
}

/** Indented JSON with sorted keys. A text stands as it is, unless it would be taken for another value: "42" keeps its quotes. */
function readable(value: unknown): string {
  if (typeof value === 'string' && !isJson(value)) return value.toWellFormed()
  return prettyExact(parseExact(canonicalJson(value)))
}

function isJson(text: string): boolean {
  try {
    parseExact(text)
    return true
  } catch {
    return false
  }
}
