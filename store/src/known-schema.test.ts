import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { MIGRATIONS } from './known-schema.ts'

test('the list of migrations is the directory', async () => {
  const files = await readdir(new URL('../migrations/', import.meta.url))
  expect(MIGRATIONS).toEqual(files.filter((name) => name.endsWith('.sql')).sort())
})
