import { expect, test } from 'vitest'
import { SchemaError } from './schema-error.ts'

test('says what came, what was expected and what to do', () => {
  const { message } = new SchemaError('weir', ['014_a.sql', '015_b.sql'], '013_compact_parts.sql')
  expect(message).toMatchInlineSnapshot(
    `"the database \`weir\` was brought to 015_b by a newer Weir; this one knows the schema up to 013_compact_parts. Run the newer version, restore a backup that was made before, or set WEIR_CLICKHOUSE_DATABASE to another database"`,
  )
})
