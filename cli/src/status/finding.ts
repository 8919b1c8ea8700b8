/** What one look at an installation found. */
export interface Finding {
  /** What was looked at. */
  readonly name: string
  readonly ok: boolean
  /** Not ok, and yet everything works for now: `weir status` says it, and ends with 0. */
  readonly isWarning?: boolean
  readonly found: string
  /** What to do about a problem. */
  readonly advice?: string
}
