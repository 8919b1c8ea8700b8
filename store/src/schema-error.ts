/** A newer version has migrated the database: this one would misread it, or damage what the newer one keeps in it. */
export class SchemaError extends Error {
  readonly code = 'SCHEMA'
  override readonly name = 'SchemaError'

  /**
   * @param unknown names of the migrations that this version does not have, in order
   * @param newest the last one that it has
   */
  constructor(database: string, unknown: readonly string[], newest: string) {
    super(
      `the database \`${database}\` was brought to ${withoutSuffix(unknown.at(-1) ?? '')} by a newer Weir; this one knows ` +
        `the schema up to ${withoutSuffix(newest)}. Run the newer version, restore a backup that was made before, or ` +
        'set WEIR_CLICKHOUSE_DATABASE to another database',
    )
  }
}

function withoutSuffix(file: string): string {
  return file.replace(/\.sql$/, '')
}
