import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { toJsonReport } from './json.ts'
import { jsonReport } from './report-schema.ts'
import { report } from './testing.ts'

const SCHEMA = new URL('../../report.schema.json', import.meta.url)

it('the JSON report is what its schema says', async () => {
  const written = JSON.parse(toJsonReport([report, { ...report, changes: undefined }], 1))
  expect(z.strictObject(jsonReport.shape).parse(written)).toEqual(written)
  const schema = `${JSON.stringify(z.toJSONSchema(jsonReport), null, 2)}\n`
  if (process.env.UPDATE_SCHEMA) await writeFile(SCHEMA, schema)
  expect(await readFile(SCHEMA, 'utf8'), 'UPDATE_SCHEMA=1 writes it anew').toBe(schema)
})
