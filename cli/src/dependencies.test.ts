import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const documented = readFileSync(join(root, 'docs', 'DEPENDENCIES.md'), 'utf8')

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

const manifests = ['package.json', ...globSync('*/package.json', { cwd: root })]

test.each(manifests)('%s pins exact versions, each named with its reason', (file) => {
  const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect(version, `${name} in ${file}`).toMatch(/^\d+\.\d+\.\d+$/)
    if (name.startsWith('@weir/')) continue
    const known = documented.includes(`\`${name}`) || documented.includes(`\`${name.split('/')[1]}\``)
    expect(known, `${name} in docs/DEPENDENCIES.md`).toBe(true)
  }
})
