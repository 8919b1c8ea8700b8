import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'vitest'
import { memoryStore } from '../stores/memory.ts'
import { sqliteStore } from '../stores/sqlite.ts'
import { checkPrograms } from './testing.programs.ts'

it('a run gives what its model gives, whatever waits, fails, is killed and goes on elsewhere', async () => {
  await checkPrograms(memoryStore, 30)
})

it('so it does on a file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-model-'))
  let number = 0
  await checkPrograms(() => sqliteStore(join(directory, `${number++}.db`)), 8)
  rmSync(directory, { recursive: true })
})
