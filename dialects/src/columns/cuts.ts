/** A text of a request that was cut before it came here. */
export interface Cut {
  /** Where what is left of it begins in the request. */
  readonly start: number
  /** Characters, as JavaScript counts them, that it has less than before. */
  readonly lost: number
}

/** Characters that the bytes from `start` to `end` of the request have less than before. */
export function lostIn(cuts: readonly Cut[], start: number, end: number): number {
  let lost = 0
  for (const cut of cuts) if (cut.start >= start && cut.start < end) lost += cut.lost
  return lost
}
