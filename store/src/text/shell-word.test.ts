import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { shellWord } from './shell-word.ts'

/** A `weir` that says which arguments it was given. */
const directory = mkdtempSync(join(tmpdir(), 'weir-shell-'))
writeFileSync(join(directory, 'weir'), `#!/bin/sh\nfor word in "$@"; do printf '%s\\0' "$word"; done\n`)
chmodSync(join(directory, 'weir'), 0o755)
afterAll(() => rmSync(directory, { recursive: true }))

function argumentsOf(command: string): string[] {
  const PATH = `${directory}${delimiter}${process.env.PATH}`
  const output = execFileSync('/bin/sh', ['-c', command], { env: { PATH }, cwd: directory, encoding: 'utf8' })
  return output.split('\0').slice(0, -1)
}

const name = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          "'",
          '"',
          '$(touch x)',
          '`touch x`',
          '\\',
          '\n',
          '\t',
          '\x1b[31m',
          '\r',
          '-',
          '!',
          '~',
          '*',
          ' ',
          'a',
          '\u202e',
          '\x03',
          '%s',
          '\\033',
        ),
      )
      .map((parts) => parts.join('')),
  )
  .map((text) => text.replaceAll('\0', ''))

it('a shell gets back every text, and runs nothing of it', () => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 12 }), (names) => {
      const words = names.map((text) => `--flow=${shellWord(text)}`)
      expect(argumentsOf(`weir compare ${words.join(' ')}`)).toEqual([
        'compare',
        ...names.map((text) => `--flow=${text}`),
      ])
    }),
    { numRuns: 60 },
  )
})

it('nothing that a terminal acts on when it is pasted is left in a word, but line breaks', () => {
  fc.assert(
    fc.property(name, (text) => {
      expect(shellWord(text)).not.toMatch(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/u)
    }),
  )
})

it.each([
  ['research', 'research'],
  ['version=1,environment=prod', 'version=1,environment=prod'],
  ['', "''"],
  ['-x', "'-x'"],
  ['~root', "'~root'"],
  ["a'$(touch x)", `'a'\\''$(touch x)'`],
  ['two\nlines\t', `'two\nlines'"$(printf '\\011')"''`],
])('%j is %s', (text, word) => {
  expect(shellWord(text)).toBe(word)
})
