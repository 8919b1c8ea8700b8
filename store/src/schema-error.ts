import { UsageError } from '@weir/config'
/** Another version has made the database: this one would misread it, or damage what the other one keeps in it. */
export class SchemaError extends UsageError {
  override readonly code = 'SCHEMA'
}
