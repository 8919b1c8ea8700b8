/** ClickHouse did not take an insert. Senders may try again. */
export class InsertError extends Error {
  readonly code = 'WEIR_INSERT_FAILED'
  override readonly name = 'InsertError'
  /** The request was on its way when the connection failed: it may have been carried out. */
  readonly unknownOutcome: boolean

  constructor(message: string, options: ErrorOptions & { readonly unknownOutcome?: boolean } = {}) {
    super(message, options)
    this.unknownOutcome = options.unknownOutcome ?? false
  }
}
