import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** The variables that the schemas of the processes' environments name. */
function variablesOfCode(): string[] {
  const files = globSync('{cli,collector,dashboard,engines,evaluator,store}/**/*.ts', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/*.test.ts'],
  })
  const found = files.flatMap((file) =>
    [...read(file).matchAll(/^ {2}(WEIR_\w+): (?:z$|z\.|port|duration)/gm)].map((match) => match[1]!),
  )
  return [...new Set(found)].sort()
}

test('ARCHITECTURE.md lists every variable that a process reads, and no other', () => {
  const section = read('docs/ARCHITECTURE.md').split('## Variables')[1]!.split('\n## ')[0]!
  const documented = [...section.matchAll(/^\| `(WEIR_\w+)`/gm)].map((match) => match[1]!).sort()
  expect(documented).toContain('WEIR_MAX_PENDING_BYTES')
  expect(documented).toEqual(variablesOfCode())
})
