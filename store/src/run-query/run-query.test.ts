import fc from 'fast-check'
import { expect, test } from 'vitest'
import { looserQueries } from './loosen.ts'
import { parseQuery } from './parse.ts'
import { printQuery } from './print.ts'
import { QueryError } from './query-error.ts'
import { queries } from './testing/random-queries.ts'

function problem(text: string): string {
  try {
    parseQuery(text)
  } catch (error) {
    if (error instanceof QueryError) return error.message
    throw error
  }
  throw new Error(`no error for ${text}`)
}

test('what is printed parses to the same query', () => {
  fc.assert(
    fc.property(queries(fc.string({ unit: 'grapheme', maxLength: 8 })), (query) => {
      expect(parseQuery(printQuery(query))).toEqual(query)
    }),
    { numRuns: 2000 },
  )
})

test('any text is a query that its print repeats, or an error at one of its columns', () => {
  const pieces = fc.constantFrom(
    'flow',
    ':',
    '=',
    '!=',
    '>',
    '..',
    '"',
    '\\',
    '-',
    '(',
    ')',
    ' ',
    'OR',
    '*',
    '3s',
    'a',
    '你',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
      const text = parts.join('')
      try {
        const query = parseQuery(text)
        expect(parseQuery(printQuery(query))).toEqual(query)
      } catch (error) {
        if (!(error instanceof QueryError)) throw error
        expect(error.at).toBeLessThanOrEqual(text.length)
      }
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['flow:research status:error duration>3s', 'flow:research status:error duration>3s'],
  ['flow:a  OR flow:b  status:ok', 'flow:a OR flow:b status:ok'],
  ['(flow:a OR flow:b) status:ok', '(flow:a OR flow:b) status:ok'],
  ['-(status:ok)', '-status:ok'],
  ['((a) (b c))', 'a b c'],
  ['flow:"POST /orders"', 'flow:"POST /orders"'],
  ['version:""', 'version:""'],
  ['flow:rese* user:*@weir.dev "a b"', 'flow:rese* user:*@weir.dev "a b"'],
  ['version=1.*', 'version="1.*"'],
  [
    'cost>$0.02 duration:1s..2.5s http.status_code>=500',
    'cost>$0.02 duration:1s..2.5s http.status_code>=500',
  ],
  ['customer.id:42', 'customer.id:42'],
  ['"flow":x', '"flow":x'],
  ['Error: YWJj==', '"Error:" "YWJj=="'],
  ['https://weir.dev/a?b=c', 'https://weir.dev/a?b=c'],
  ['3f2a-77 -3f2a-77', '3f2a-77 -3f2a-77'],
  ['flow:. flow:.. flow:"" version:1,2', 'flow:. flow:.. flow:"" version:1,2'],
  ['wher*', 'wher'],
  ['', ''],
])('%s is read as %s', (text, printed) => {
  expect(printQuery(parseQuery(text))).toBe(printed)
})

test.each([
  ['flow:', 'column 6: expected a value after flow:; "" is the empty one\nflow:\n     ^'],
  [
    '你 status:eror',
    'column 10: expected ok, error, running, suspended, cancelled, expired, replayed or skipped after status:, got "eror"\n你 status:eror\n         ^',
  ],
  [
    'duration>3',
    'column 10: expected a duration with its unit, as in 250ms, 1.5s or 2h, after duration>, got 3\nduration>3\n         ^',
  ],
  [
    'duration:3s..x',
    'column 10: expected a duration with its unit, as in 250ms, 1.5s or 2h, after duration:, got 3s..x\nduration:3s..x\n         ^',
  ],
  ['cost:2..1', 'column 6: the range after cost: ends before it begins: write 1..2\ncost:2..1\n     ^'],
  [
    'http.status_code>=many',
    'column 19: expected a number, as in 0.5, after http.status_code>=, got many\nhttp.status_code>=many\n                  ^',
  ],
  ['flow>a', 'column 1: flow takes :, = or !=, not >\nflow>a\n^'],
  ['(a b', 'column 1: expected ) to close this bracket\n(a b\n^'],
  ['a b)', 'column 4: this ) closes nothing: expected ( before it, or quotes around it\na b)\n   ^'],
  ['a OR', 'column 5: expected a word, a field such as status:error, or (\na OR\n    ^'],
  ['call(x)', 'column 5: expected a space before (, or quotes around all of the text\ncall(x)\n    ^'],
  ['"a', 'column 1: expected a closing " to this one\n"a\n^'],
  ['=a', 'column 1: expected a field or a key before =, or quotes around the text\n=a\n^'],
  [
    'a AND b',
    'column 3: AND is not a word of queries: what stands side by side must all hold. Leave it out, or write "AND" for the text\na AND b\n  ^',
  ],
  [
    'flow:a*b',
    'column 6: * stands for more text at an end only: put quotes around a star that is meant\nflow:a*b\n     ^',
  ],
  [
    'has:x*',
    'column 5: expected the whole name of a part or of an attribute after has:, got "x*"\nhas:x*\n    ^',
  ],
])('%s is refused in words', (text, expected) => {
  expect(problem(text)).toBe(expected)
})

test('a text that is too long or too deep is refused', () => {
  expect(problem('a'.repeat(30_001))).toContain('a query has at most 30000 characters, this one has 30001')
  expect(problem(`${'('.repeat(101)}a${')'.repeat(101)}`)).toContain('brackets and - may be 100 deep')
  expect(problem(`${'-'.repeat(5000)}a`)).toContain('brackets and - may be 100 deep')
})

test('a query without one of its parts is looser', () => {
  const looser = (text: string) =>
    looserQueries(parseQuery(text)).map(({ without, query }) => [without, printQuery(query)])
  expect(looser('')).toEqual([])
  expect(looser('a OR b')).toEqual([['a OR b', '']])
  expect(looser('a -b (c OR d)')).toEqual([
    ['a', '-b (c OR d)'],
    ['-b', 'a (c OR d)'],
    ['c OR d', 'a -b'],
  ])
  expect(looser('a b')).toEqual([
    ['a', 'b'],
    ['b', 'a'],
  ])
})
