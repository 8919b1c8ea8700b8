import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Variable } from './variable.ts'
import { VARIABLES } from './variables.ts'

const root = join(import.meta.dirname, '..', '..')
const page = join(root, 'docs', 'CONFIGURATION.md')
const variables: readonly Variable[] = Object.values(VARIABLES)

test('the table of docs/CONFIGURATION.md is that of the code: `npx vitest run config/src --update` writes it', async () => {
  const rows = variables.map(({ name, default: text, otherwise = 'none', readers, meaning }) => {
    const value = text ? `\`${text}\`` : otherwise
    const linked = meaning.replaceAll(/docs\/(\w+\.md)/g, '[$1]($1)')
    return `| \`${name}\` | ${value} | ${readers.join(', ')} | ${linked} |\n`
  })
  const [before, after] = readFileSync(page, 'utf8').split(/^\| variable [\s\S]*\|\n/m)
  const table = `| variable | default | read by | meaning |\n|---|---|---|---|\n${rows.join('')}`
  await expect(`${before}${table}${after}`).toMatchFileSnapshot(page)
})

test('every variable that the code names is in the table', () => {
  const files = globSync('{cli,collector,config,dashboard,engines,evaluator,sdk,store}/**/*.{ts,tsx}', {
    cwd: root,
    exclude: [
      '**/node_modules/**',
      '**/dist/**',
      '**/.next/**',
      '**/*.test.ts',
      '**/semconv.ts',
      '**/testing/**',
    ],
  })
  const attributes = readFileSync(join(root, 'sdk', 'src', 'semconv.ts'), 'utf8')
  const named = files
    .flatMap((file) => readFileSync(join(root, file), 'utf8').match(/\bWEIR_[A-Z_]+\b/g) ?? [])
    .filter((name) => !attributes.includes(`const ${name} `))
  const known = variables.map(({ name }): string => name)
  expect(named).toContain('WEIR_HOME')
  expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([])
})

test.each(variables)('the default of $name can be read', ({ schema, default: text }) => {
  if (text !== undefined) expect(schema.safeParse(text).success).toBe(true)
})
