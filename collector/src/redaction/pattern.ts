/**
 * Positions of what is found in a value: start and end by turns, in order, not overlapping. Values are given as latin1, one
 * character per byte, so that positions are those of the bytes whatever UTF-8 they hold.
 */
export type Matches = readonly number[]

/** Finds what must not be kept inside a value. */
export interface Pattern {
  readonly name: string
  /** Found somewhere in every request that has a value to be found, whatever is around the value; undefined: unknown. */
  readonly hint?: RegExp
  /**
   * True to search JSON text as it is too, with its escapes; otherwise only with blanks in their place, because to a pattern
   * the `n` of `\n` is not part of a word.
   */
  readonly seesEscapes?: boolean
  find(text: string): Matches
}

/** Source of a letter or digit that what follows is one word with; the end of `%3D` and the like is none. */
export const IN_WORD: string = '(?<!%[0-9A-Fa-f])[A-Za-z0-9]'

export const NO_MATCHES: Matches = []
