import type { RunPage } from '@weir/store/pages'
import { cutText } from '@weir/store/text'
import { formatExact } from '#format/number.ts'

/** A recorded value as a page carries it: its beginning, and how long it is. */
export interface CutValue {
  readonly text: string
  /** UTF-16 units of the whole value. */
  readonly length: number
}

/** An input or output: also what is known of it beside its text. */
export interface RecordedValue extends CutValue {
  readonly type: RunPage['inputType']
  /** Characters before it was cut when it was recorded; 0: it was not. */
  readonly originalLength: number
}

/** Longer values travel only when somebody asks for them. */
const CUT_AT = 20_000

export function cutValue(text: string, full = false): CutValue {
  return { text: full ? text : cutText(text, CUT_AT), length: text.length }
}

/** Why there is no text: whoever cuts a value leaves its beginning. */
export function describeEmpty(type: RecordedValue['type'], originalLength: number): string {
  if (originalLength > 0) return `Removed by retention: it had ${formatExact(originalLength)} characters`
  return type === 'text' ? 'Empty text' : 'Not recorded'
}

export function describeRecordedCut(originalLength: number): string {
  return `Cut when it was recorded: it had ${formatExact(originalLength)} characters`
}
