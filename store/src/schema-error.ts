/** Another version has made the database: this one would misread it, or damage what the other one keeps in it. */
export class SchemaError extends Error {
  readonly code = 'SCHEMA'
  override readonly name = 'SchemaError'
}
