/** The rules of redaction cannot be used; the collector does not start without the ones that were asked for. */
export class RedactionError extends Error {
  readonly code = 'WEIR_CONFIG'
  override readonly name = 'RedactionError'
}
