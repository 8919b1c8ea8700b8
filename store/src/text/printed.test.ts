import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printed, printedLines } from './printed.ts'

/** Text with much of what acts. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '::',
        ':',
        '##',
        '#[',
        '##vso[',
        '##[error]',
        '::error::',
        ' ',
        '\u3000',
        '\n',
        '\r\n',
        '\x1b[2J',
      ),
      fc.constantFrom(
        '\u202e',
        '\u2066',
        '\u2028',
        '\x7f',
        '\x9b',
        '\ud83d',
        '\udc00',
        '\t',
        'é',
        '日本',
        '\\',
        '"',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(''))

const ACTS = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]|^\s*::|##\w*\[/u

describe('printed text', () => {
  it('is nothing that a terminal or a CI acts on, and printing it again changes nothing', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom('', '  ', '        '), (text, indent) => {
        for (const line of [printed(text), ...printedLines(text, indent)]) {
          expect(line).not.toMatch(ACTS)
          expect(line.isWellFormed()).toBe(true)
          expect(printed(line)).toBe(line)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('is the same JSON where it was JSON', () => {
    fc.assert(
      fc.property(fc.array(hostile), (values) => {
        const text = JSON.stringify(values, null, 2)
        const lines = printedLines(text, '')
        expect(JSON.parse(lines.join('\n'))).toEqual(values)
      }),
    )
  })

  it.each([
    ['plain 日本 🜁 text: a::b, C# [1], ##, 1/2', 'plain 日本 🜁 text: a::b, C# [1], ##, 1/2'],
    ['\x1b]0;title\x07', '\\u001b]0;title\\u0007'],
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['  ::error::x', '  \\u003a:error::x'],
    ['ok ##vso[task.complete]', 'ok #\\u0023vso[task.complete]'],
    ['user\u202egnp.exe', 'user\\u202egnp.exe'],
    ['half \ud83d', 'half \\ud83d'],
  ])('%j is %j', (text, expected) => {
    expect(printed(text)).toBe(expected)
  })

  it('keeps the lines of a message, indented', () => {
    expect(printedLines('first\n::error::second\r\n\nlast', '    ')).toEqual([
      'first',
      '    \\u003a:error::second',
      '',
      '    last',
    ])
  })
})
