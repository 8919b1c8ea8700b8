import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSearch } from './search.ts'

test.for([
  ['', '', []],
  ['launch plan', 'launch plan', []],
  ['customer.id=42', '', [['customer.id', '42']]],
  ['timeout tenant=a  again', 'timeout again', [['tenant', 'a']]],
  ['a=b=c', '', [['a', 'b=c']]],
  ['url="https://x/?q=1 2" late', 'late', [['url', 'https://x/?q=1 2']]],
  [
    'a=1 b=2',
    '',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a="" =b c= "d=e"', '=b c= "d=e"', [['a', '']]],
] as const)('%s', ([search, text, attributes]) => {
  const expected = attributes.map(([key, value]) => ({ key, value }))
  expect(parseSearch(search)).toEqual({ text, attributes: expected })
})

test('attributes are found among words, whatever they are', () => {
  const word = fc.stringMatching(/^[^\s="]{1,12}$/)
  fc.assert(
    fc.property(
      word,
      fc.stringMatching(/^[^"]{0,20}$/),
      fc.array(word, { maxLength: 3 }),
      (key, value, words) => {
        const search = [...words, `${key}="${value}"`, ...words].join(' ')
        expect(parseSearch(search)).toEqual({
          text: [...words, ...words].join(' '),
          attributes: [{ key, value }],
        })
      },
    ),
  )
})

test('more attributes than anybody types are words', () => {
  const { attributes, text } = parseSearch('a=1 b=2 c=3 d=4 e=5 f=6')
  expect(attributes).toHaveLength(5)
  expect(text).toBe('f=6')
})
