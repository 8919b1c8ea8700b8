export interface EvalOptions {
  readonly filter?: string
  readonly tag?: readonly string[]
  readonly variant?: readonly string[]
  /** A branch or revision. */
  readonly changed?: string
  readonly watch: boolean
  readonly promote?: string
  readonly trials?: number
  readonly concurrency?: number
  readonly baseline?: string
  readonly resume?: string
  readonly json?: string
  readonly junit?: string
  readonly markdown?: string
  readonly github: boolean
  readonly queue: boolean
  readonly local: boolean
  readonly inProcess: boolean
}

/** A report has stdout for itself; all else that would be printed goes to stderr. */
export function isStdoutTaken({ json, markdown }: EvalOptions): boolean {
  return json === '-' || markdown === '-'
}
