import { cutText } from '@weir/store/cut-text'
/** A recorded value as a page carries it: its beginning, and how long it is. */
export interface CutValue {
  readonly text: string
  /** UTF-16 units of the whole value. */
  readonly length: number
}

/** Longer values travel only when somebody asks for them. */
const CUT_AT = 20_000

export function cutValue(text: string, full = false): CutValue {
  return { text: full ? text : cutText(text, CUT_AT), length: text.length }
}
