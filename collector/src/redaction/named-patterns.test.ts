import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NAMED_PATTERNS } from './named-patterns.ts'

const found = (name: string, text: string): string[] => {
  const matches = NAMED_PATTERNS.get(name)!.find(text)
  return Array.from({ length: matches.length / 2 }, (_, at) =>
    text.slice(matches[2 * at], matches[2 * at + 1]),
  )
}
/** As patterns see it: a character per byte. */
const bytes = (text: string) => Buffer.from(text).toString('latin1')
const CARD = '4111 1111 1111 1111'
const KEY = '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB\n-----END RSA PRIVATE KEY-----'

describe('finds', () => {
  test.for<[string, string, ...string[]]>([
    ['email', 'from <Ann.O+x@mail.example.co.uk>, to: bob@x.io.', 'Ann.O+x@mail.example.co.uk', 'bob@x.io'],
    ['credit-card', `card ${CARD} 12/27`, CARD],
    ['credit-card', `1234 ${CARD}`, CARD],
    ['credit-card', `5555 ${CARD}, 378282246310005`, CARD, '378282246310005'],
    [
      'credit-card',
      '{"n":5555555555554444,"m":"6011-1111-1111-1117"}',
      '5555555555554444',
      '6011-1111-1111-1117',
    ],
    [
      'credit-card',
      '30569309025904 3530111333300000 2223003122003222',
      '30569309025904',
      '3530111333300000',
      '2223003122003222',
    ],
    [
      'credit-card',
      'card=4111.1111.1111.1111, 3782.822463.10005.',
      '4111.1111.1111.1111',
      '3782.822463.10005',
    ],
    ['credit-card', '3782 822463 10005 4111_1111_1111_1111', '3782 822463 10005', '4111_1111_1111_1111'],
    ['credit-card', '?card%3D4111%201111%201111%201111&x', '4111%201111%201111%201111'],
    ['credit-card', 'n=4111+1111+1111+1111%20x', '4111+1111+1111+1111'],
    ['credit-card', 'at cards.4111111111111111.json', '4111111111111111'],
    ['credit-card', '4111 - 1111 - 1111 - 1111', '4111 - 1111 - 1111 - 1111'],
    ['credit-card', 'n=4111111111111111.0, 4111111111111111.', '4111111111111111', '4111111111111111'],
    ['email', 'to ann%40mail.example.com&', 'ann%40mail.example.com'],
    ['email', bytes('jürgen@exämple.de, ann@пример.рф'), bytes('jürgen@exämple.de'), bytes('ann@пример.рф')],
    ['email', bytes('写给ann@x.io。谢谢'), 'ann@x.io'],
    ['ipv4', 'host%3D10.0.0.7%26', '10.0.0.7'],
    ['bearer-token', 'authorization%3A%20Bearer%20abcdef0123456789', 'Bearer%20abcdef0123456789'],
    [
      'bearer-token',
      'Bearer: abcdef0123456789, BEARER\tabcdef0123456789',
      'Bearer: abcdef0123456789',
      'BEARER\tabcdef0123456789',
    ],
    ['api-key', 'key%3DAKIAIOSFODNN7EXAMPLE%26', 'AKIAIOSFODNN7EXAMPLE'],
    [
      'jwt',
      'token%3DeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln',
    ],
    ['private-key', `a ${KEY.replaceAll(' ', '%20')} b`, KEY.replaceAll(' ', '%20')],
    [
      'private-key',
      `a ${KEY.replaceAll('RSA ', 'PGP ').replaceAll('KEY-', 'KEY BLOCK-')}`,
      KEY.replaceAll('RSA ', 'PGP ').replaceAll('KEY-', 'KEY BLOCK-'),
    ],
    ['ipv4', 'from 10.0.0.7:443 and 255.255.255.255', '10.0.0.7', '255.255.255.255'],
    ['bearer-token', 'Authorization: Bearer abcdef0123456789.x-y_z', 'Bearer abcdef0123456789.x-y_z'],
    ['bearer-token', 'authorization=basic dXNlcjpwYXNzd29yZA==', 'basic dXNlcjpwYXNzd29yZA=='],
    ['api-key', 'OPENAI_API_KEY=sk-proj-abc_DEF-0123456789', 'sk-proj-abc_DEF-0123456789'],
    ['api-key', 'AKIAIOSFODNN7EXAMPLE;', 'AKIAIOSFODNN7EXAMPLE'],
    ['api-key', `"weir_0123456789ab_${'0f'.repeat(32)}"`, `weir_0123456789ab_${'0f'.repeat(32)}`],
    [
      'api-key',
      `ghp_${'a1'.repeat(18)} xoxb-1234567890-abc`,
      `ghp_${'a1'.repeat(18)}`,
      'xoxb-1234567890-abc',
    ],
    [
      'jwt',
      'token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln-_x!',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln-_x',
    ],
    ['private-key', `a ${KEY} b ${KEY}`, KEY, KEY],
    ['private-key', `a ${KEY.slice(0, -20)}`, KEY.slice(0, -20)],
    ['url-password', 'at postgres://app:s3cret@db:5432/x', 'postgres://app:s3cret@'],
    ['url-password', 'redis://:hunter2@cache', 'redis://:hunter2@'],
  ])('%s in %s', ([name, text, ...expected]) => {
    expect(found(name, text)).toEqual(expected)
    expect(NAMED_PATTERNS.get(name)?.hint?.test(`\x0a\x41${expected[0]}\x12`)).toBe(true)
  })
})

describe('leaves alone', () => {
  test.for([
    ['email', 'a@b, @handle, user@localhost, x @ y.z'],
    ['credit-card', '4111 1111 1111 1112'],
    ['credit-card', '1700000000000000000 1767225600000 0.4111111111111111'],
    ['credit-card', 'a4111111111111111 4111111111111111b 41111111111111111111'],
    ['credit-card', '550e8400-e29b-41d4-a716-446655440000'],
    ['credit-card', '37.8282246310005 378282.246310005 -3782.82246310005'],
    ['credit-card', '0.4111111111111111 1.4111.1111.1111.1111 4111.1111.1111.1111.1'],
    ['credit-card', '4111.1111.1111.1112 41.11.11.11.11.11.11.11 411.1111.1111.11111'],
    ['credit-card', '4111,1111,1111,1111 4111:1111:1111:1111'],
    ['credit-card', '192.168.100.200:41111 2026.11.28-4111.1111 52.4.11.11 4.10.2026.111111.1'],
    ['ipv4', 'version 1.2.3.4.5, 256.1.1.1, 1.2.3, v1.2.3.4'],
    ['bearer-token', 'the bearer understands basic functionality'],
    ['api-key', 'use sk-learn-and-pandas-together, risk-1234567890123456789'],
    ['jwt', 'eyJhbGciOiJIUzI1NiJ9 alone'],
    ['private-key', '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----'],
    ['url-password', 'https://example.com:8080/a@b, mailto:x@y.z'],
  ])('%s: %s', ([name, text]) => {
    expect(found(name!, text!)).toEqual([])
  })
})

describe('card numbers', () => {
  /** Issuer's first digits, and the lengths of the printed groups. */
  const LAYOUTS: readonly (readonly [string, readonly number[]])[] = [
    ['4', [4, 4, 4, 4]],
    ['4', [4, 3, 3, 3]],
    ['4', [4, 4, 4, 4, 3]],
    ['55', [4, 4, 4, 4]],
    ['2720', [4, 4, 4, 4]],
    ['37', [4, 6, 5]],
    ['37', [4, 4, 4, 3]],
    ['36', [4, 6, 4]],
    ['6011', [4, 4, 4, 4]],
  ]
  const GAPS = [
    ' ',
    '-',
    '.',
    '_',
    '/',
    '+',
    '%20',
    '  ',
    ' - ',
    '\u00a0',
    '\u2007',
    '\u202f',
    '\u2009',
    '\u2011',
    '\u2013',
    '\u2212',
    '\u3000',
  ]
  const card = fc
    .tuple(
      fc.constantFrom(...LAYOUTS),
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 20, maxLength: 20 }),
    )
    .map(([[issuer, lengths], random]) => {
      const body = (issuer + random).slice(0, lengths.reduce((a, b) => a + b) - 1)
      const check = [...'0123456789'].find((digit) => luhnSum(body + digit) % 10 === 0)!
      const ends = lengths.map((_, at) => lengths.slice(0, at + 1).reduce((a, b) => a + b))
      return ends.map((end, at) => (body + check).slice(ends[at - 1] ?? 0, end))
    })

  function luhnSum(digits: string): number {
    const doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
    return [...digits]
      .reverse()
      .reduce((sum, digit, at) => sum + (at % 2 ? doubled[Number(digit)]! : Number(digit)), 0)
  }

  test('are found whole, however their groups are set apart', () => {
    fc.assert(
      fc.property(
        card,
        fc.infiniteStream(fc.constantFrom(...GAPS)),
        fc.constantFrom(' ', '"', '=', 'é'),
        (groups, gaps, around) => {
          const written = bytes(groups.reduce((text, group) => text + gaps.next().value + group))
          expect(found('credit-card', `${bytes(around)}${written}${bytes(around)}`)).toEqual([written])
          expect(NAMED_PATTERNS.get('credit-card')?.hint?.test(written)).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('are not seen in decimals, addresses and versions', () => {
    const part = fc.nat(999).map(String)
    const numbers = fc.oneof(
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .filter((value) => !Number.isInteger(value))
        .map(String),
      // As long as a card's number in front of the point: one in ten has its check digit too.
      fc
        .tuple(
          fc.constantFrom('4', '37', '36'),
          fc.integer({ min: 1e12, max: 9e12 }),
          fc.integer({ min: 1, max: 999 }),
        )
        .map(
          ([issuer, digits, fraction]) => `${issuer}${String(digits).slice(issuer.length - 1)}.${fraction}`,
        ),
      fc
        .double({ min: -180, max: 180, noNaN: true })
        .filter((value) => !Number.isInteger(value))
        .map(String),
      fc.ipV4(),
      fc.array(part, { minLength: 2, maxLength: 8 }).map((parts) => parts.join('.')),
    )
    fc.assert(
      fc.property(numbers, (text) => {
        expect(found('credit-card', `at ${text}, `)).toEqual([])
      }),
      { numRuns: 5000 },
    )
  })
})

test('values that are made to backtrack are searched like any other', () => {
  const text = [
    'a',
    '1 ',
    '4',
    '-eyJaaaaaaaa',
    'a.',
    'sk-',
    '@a.',
    'http://a:',
    'bearer ',
    '-----BEGIN PRIVATE KEY-----',
    '4111.',
    '4 - ',
    '4\\\\',
    'a%40',
    '4%20',
    bytes('4\u00a0'),
    bytes('ü'),
  ]
    .map((part) => part.repeat(20_000))
    .join(' ')
  for (const [name, pattern] of NAMED_PATTERNS) expect(pattern.find(text).length, name).toBeLessThan(100_000)
})
