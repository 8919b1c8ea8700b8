import { describe, expect, test } from 'vitest'
import { NAMED_PATTERNS } from './named-patterns.ts'

const found = (name: string, text: string): string[] => {
  const matches = NAMED_PATTERNS.get(name)!.find(text)
  return Array.from({ length: matches.length / 2 }, (_, at) =>
    text.slice(matches[2 * at], matches[2 * at + 1]),
  )
}
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
  ]
    .map((part) => part.repeat(20_000))
    .join(' ')
  for (const [name, pattern] of NAMED_PATTERNS) expect(pattern.find(text).length, name).toBeLessThan(100_000)
}, 60_000)
