import { UsageError } from '@weir/config'
/** The rules of redaction cannot be used; the collector does not start without the ones that were asked for. */
export class RedactionError extends UsageError {
  override readonly code = 'REDACTION'
}
