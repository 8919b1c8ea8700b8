import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const documented = readFileSync(join(root, 'docs', 'DEPENDENCIES.md'), 'utf8')

/** What a licence may be without another look. */
const LICENCES = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'OFL-1.1',
  'Python-2.0',
  'Unlicense',
])

/** Packages of another licence: why they may be here. */
const EXCEPTIONS: readonly { readonly name: RegExp; readonly licence: string }[] = [
  // libvips, a shared library of its own beside `sharp`, which Next asks for images; Weir's pages have none.
  { name: /^@img\/sharp-/, licence: 'LGPL-3.0-or-later' },
  // Vite's CSS compiler: tests only, and used as it is.
  { name: /^lightningcss(-|$)/, licence: 'MPL-2.0' },
  // The page says: public domain.
  { name: /^uri-templates$/, licence: 'http://geraintluff.github.io/tv4/LICENSE.txt' },
]

interface LockedPackage {
  readonly link?: boolean
  readonly license?: string
}

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

const manifests = ['package.json', ...globSync('*/package.json', { cwd: root })]

test.each(manifests)('%s pins exact versions, each named with its reason', (file) => {
  const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect(version, `${name} in ${file}`).toMatch(/^(npm:@?[\w/-]+@)?\d+\.\d+\.\d+$/)
    if (name.startsWith('@weir/')) continue
    const known = documented.includes(`\`${name}`) || documented.includes(`\`${name.split('/')[1]}\``)
    expect(known, `${name} in docs/DEPENDENCIES.md`).toBe(true)
  }
})

test('every package that can be installed states a licence that we may use', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  const installed = Object.entries(packages).filter(([path, { link }]) => path !== '' && link !== true)
  expect(installed.length).toBeGreaterThan(400)
  const refused = installed
    .map(([path, { license }]) => ({ name: path.replace(/^.*node_modules\//, ''), license }))
    .filter(({ name, license }) => !mayBeUsed(name, license))
  expect(refused).toEqual([])
})

test.each([
  ['a', 'MIT', true],
  ['a', '(AFL-2.1 OR BSD-3-Clause)', true],
  ['a', 'MIT AND ISC', true],
  ['a', 'MIT AND GPL-3.0-only', false],
  ['a', 'LGPL-3.0-or-later', false],
  ['@img/sharp-wasm32', 'Apache-2.0 AND LGPL-3.0-or-later AND MIT', true],
  ['a', undefined, false],
  ['a', 'UNLICENSED', false],
  ['a', 'SEE LICENSE IN LICENSE.md', false],
])('%s with the licence %s may be used: %s', (name, licence, expected) => {
  expect(mayBeUsed(name, licence)).toBe(expected)
})

/** One of the alternatives of an SPDX expression has only licences that are allowed. */
function mayBeUsed(name: string, expression = ''): boolean {
  const allowed = (licence: string) =>
    LICENCES.has(licence) ||
    EXCEPTIONS.some((exception) => exception.name.test(name) && exception.licence === licence)
  const alternatives = expression.replace(/^\((.*)\)$/, '$1').split(' OR ')
  return alternatives.some((alternative) => alternative.split(' AND ').every(allowed))
}
