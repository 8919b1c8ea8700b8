import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { MIGRATIONS, requireKnown } from './known-schema.ts'

test('the list of migrations is the directory', async () => {
  const files = await readdir(new URL('../migrations/', import.meta.url))
  expect(MIGRATIONS).toEqual(files.filter((name) => name.endsWith('.sql')).sort())
})

test('a database of a newer version says so, and what to do', () => {
  const applied = new Set([...MIGRATIONS, '998_a.sql', '999_b.sql'])
  expect(() => requireKnown('weir', applied)).toThrowErrorMatchingInlineSnapshot(
    `[SchemaError: the database \`weir\` was brought to 999_b by a newer Weir; this one knows the schema up to 016_upgrade. Run the newer version, restore a backup that was made before, or set WEIR_CLICKHOUSE_DATABASE to another database]`,
  )
})

test('a database of an earlier version says so, and what to do', () => {
  const applied = new Set(['001_spans.sql', '002_runs.sql', '003_rollups.sql', '006_settling.sql'])
  expect(() => requireKnown('weir', applied)).toThrowErrorMatchingInlineSnapshot(
    `[SchemaError: the database \`weir\` was made by an earlier Weir, whose tables this one cannot read. Write the traces that you want to keep to files with that version (\`weir export --run ID\`), start this one with another WEIR_HOME, or another WEIR_CLICKHOUSE_DATABASE on a server of your own, and read them in (\`weir import FILE...\`)]`,
  )
})
