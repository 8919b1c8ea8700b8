import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DecodeError, protobufOfJson, SpanBlock, varint } from '@weir/dialects'
import { afterAll, describe, expect, test } from 'vitest'
import { requestTree } from '../testing/request-tree.ts'
import { Rewriter } from './rewriter.ts'
import { readRedactionRules } from './rules.ts'
import type { RedactionRules } from './value-redactor.ts'

const directory = mkdtempSync(join(tmpdir(), 'weir-rewriter-'))
afterAll(() => rmSync(directory, { recursive: true }))

const LIMIT = 1024 * 1024
const SALT = 'a salt of some length'
const rewriter = (rules: object, limit = LIMIT) => {
  const file = join(directory, 'rules.json')
  writeFileSync(file, JSON.stringify(rules))
  return counting(readRedactionRules(file, SALT), limit)
}
function counting(rules: RedactionRules | undefined, maxFieldBytes: number) {
  const replaced: Record<string, number> = {}
  const used = new Rewriter({
    rules,
    maxFieldBytes,
    observeRedaction: (rule) => {
      replaced[rule] = (replaced[rule] ?? 0) + 1
    },
    observeTruncation: () => {
      counted.truncated += 1
    },
  })
  const counted = { replaced, truncated: 0, rewrite: (request: Buffer) => used.rewrite(request) }
  return counted
}
const protobuf = (request: object) => protobufOfJson(Buffer.from(JSON.stringify(request)))
const ofSpan = (span: object) => protobuf({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
const ofValue = (key: string, value: object) => ofSpan({ attributes: [{ key, value }] })
const text = (stringValue: string) => ({ stringValue })

function expectRewritten(rules: object, from: Buffer, to: Buffer, limit?: number) {
  const used = rewriter(rules, limit)
  expect(requestTree(used.rewrite(from))).toEqual(requestTree(to))
  return used
}

test('every place of text is searched, every place of attributes is asked for its key', () => {
  const request = (secret: object, name: string) => {
    const attributes = [{ key: 'password', value: secret }]
    return protobuf({
      resourceSpans: [
        {
          resource: { attributes },
          schemaUrl: name,
          scopeSpans: [
            {
              scope: { name, version: name, attributes },
              schemaUrl: name,
              spans: [
                {
                  traceId: '000102030405060708090a0b0c0d0e0f',
                  traceState: name,
                  name,
                  startTimeUnixNano: '1',
                  attributes,
                  events: [{ timeUnixNano: '2', name, attributes }],
                  links: [{ traceState: name, attributes, droppedAttributesCount: 1 }],
                  status: { message: name, code: 2 },
                },
              ],
            },
          ],
        },
      ],
    })
  }
  const { replaced } = expectRewritten(
    { deny: ['password'], values: ['email'] },
    request({ intValue: '7' }, 'to ann@x.io'),
    request(text('[redacted:key]'), 'to [redacted:email]'),
  )
  expect(replaced).toEqual({ 'deny:password': 5, email: 9 })
})

describe('a denied key takes the value, whatever its type', () => {
  test.for([
    { stringValue: 'x' },
    { boolValue: true },
    { doubleValue: 1.5 },
    { bytesValue: 'AAEC' },
    { arrayValue: { values: [text('a'), { intValue: '1' }] } },
    { kvlistValue: { values: [{ key: 'a', value: text('b') }] } },
  ])('%j', (value) => {
    expectRewritten({ deny: ['*key'] }, ofValue('a.Key', value), ofValue('a.Key', text('[redacted:key]')))
  })
})

test('equal values have equal hashes, as denied keys and as matches', () => {
  const hash = (rules: object, request: Buffer) =>
    /\[redacted:\w+:([0-9a-f]{16})\]/.exec(
      rewriter({ action: 'hash', ...rules })
        .rewrite(request)
        .toString(),
    )?.[1]
  const byKey = hash({ deny: ['mail'] }, ofValue('mail', text('ann@x.io')))
  expect(byKey).toHaveLength(16)
  expect(hash({ values: ['email'] }, ofValue('to', text('Ann <ann@x.io>')))).toBe(byKey)
  expect(hash({ deny: ['mail'] }, ofValue('to', text('{"mail":"ann@x.io"}')))).toBe(byKey)
  expect(hash({ deny: ['mail'] }, ofValue('mail', text('bob@x.io')))).not.toBe(byKey)
})

test('an allow list keeps only what it names, at the top', () => {
  const list = { kvlistValue: { values: [{ key: 'inside', value: text('kept') }] } }
  const request = (other: object) =>
    ofSpan({
      attributes: [
        { key: 'gen_ai.tool', value: list },
        { key: 'other', value: other },
      ],
    })
  expectRewritten({ allow: ['gen_ai.*'] }, request({ intValue: '1' }), request(text('[redacted:key]')))
})

describe('nested values and JSON text', () => {
  test.for([
    ['{"to":"ann@x.io","token":{"a":[1]}}', '{"to":"[redacted:email]","token":"[redacted:key]"}'],
    // Escapes are no part of a word, and are left whole.
    ['"a\\nann@x.io\\tb"', '"a\\n[redacted:email]\\tb"'],
    ['{"a":"{\\"b\\":\\"x\\\\nann@x.io\\"}"}', '{"a":"{\\"b\\":\\"x\\\\n[redacted:email]\\"}"}'],
    ['"\\u00e9ann@x.io"', '"\\u00e9[redacted:email]"'],
    ['"card:\\n4111111111111111"', '"card:\\n[redacted:credit-card]"'],
    ['"4111\\u00a01111\\u20131111\\t1111"', '"[redacted:credit-card]"'],
    [
      '"{\\"a\\":\\"4111\\\\u00a01111\\\\u00a01111\\\\u00a01111\\"}"',
      '"{\\"a\\":\\"[redacted:credit-card]\\"}"',
    ],
    ['{"arguments":"{\\"token\\":\\"x\\"}"}', '{"arguments":"{\\"token\\":\\"[redacted:key]\\"}"}'],
  ])('%s', ([from, to]) => {
    const rules = { deny: ['token'], values: ['email', 'credit-card'] }
    expectRewritten(rules, ofValue('input.value', text(from!)), ofValue('input.value', text(to!)))
  })

  test('keys within a value are data, keys of attributes are not', () => {
    const value = (member: string) => ({
      kvlistValue: { values: [{ key: member, value: { intValue: '1' } }] },
    })
    expectRewritten(
      { values: ['email'] },
      ofValue('of ann@x.io', value('ann@x.io')),
      ofValue('of ann@x.io', value('[redacted:email]')),
    )
  })

  test('lists and arrays', () => {
    const value = (secret: string, token: object) => ({
      arrayValue: {
        values: [text('é'), { kvlistValue: { values: [{ key: 'token', value: token }] } }, text(secret)],
      },
    })
    expectRewritten(
      { deny: ['token'], values: ['email'] },
      ofValue('a', value('ann@x.io', { boolValue: true })),
      ofValue('a', value('[redacted:email]', text('[redacted:key]'))),
    )
  })
})

test('a number that a pattern finds becomes text; other numbers stay', () => {
  const rules = { values: ['credit-card'] }
  expectRewritten(
    rules,
    ofValue('a', { intValue: '4111111111111111' }),
    ofValue('a', text('[redacted:credit-card]')),
  )
  expectRewritten(
    rules,
    ofValue('a', { doubleValue: 4111111111111111 }),
    ofValue('a', text('[redacted:credit-card]')),
  )
  for (const value of [
    { intValue: '-9223372036854775808' },
    { doubleValue: 0.4111111111111111 },
    { doubleValue: 1e300 },
  ]) {
    const other = ofValue('a', value)
    expect(rewriter(rules).rewrite(other)).toBe(other)
  }
})

test('expressions see UTF-8 characters, and may hold anything of RE2', () => {
  const rules = { values: [{ name: 'name', regex: '(?i)mü(ll|nch)er.' }] }
  expectRewritten(
    rules,
    ofValue('a', text('Frau MÜLLER€ ist da')),
    ofValue('a', text('Frau [redacted:name] ist da')),
  )
})

/** `content` as a length-delimited field, within others: the outermost first. */
function within(fields: readonly number[], content: Buffer): Buffer {
  return fields.reduceRight(
    (inner, field) => Buffer.concat([varint((field << 3) | 2), varint(inner.length), inner]),
    content,
  )
}

test('a key that comes after its value counts', () => {
  const attribute = Buffer.concat([within([2, 1], Buffer.from('hidden')), within([1], Buffer.from('token'))])
  const kept = rewriter({ deny: ['token'] })
    .rewrite(within([1, 2, 2, 9], attribute))
    .toString()
  expect(kept).not.toContain('hidden')
  expect(kept).toContain('[redacted:key]')
})

test('nesting that the decoder refuses is refused, and what it takes is taken', () => {
  const nested = (depth: number) => {
    const arrays = Array.from({ length: depth }, () => [5, 1]).flat()
    const attribute = within([9, 2, ...arrays, 1], Buffer.from('ann@x.io'))
    const ids = [within([1], Buffer.alloc(16, 1)), within([2], Buffer.alloc(8, 1))]
    return within([1, 2, 2], Buffer.concat([...ids, attribute]))
  }
  for (const read of [
    (request: Buffer) => void rewriter({ values: ['email'] }).rewrite(request),
    (request: Buffer) => void new SpanBlock().append(request, 'default'),
  ]) {
    expect(() => read(nested(100))).not.toThrow()
    expect(() => read(nested(101))).toThrow(DecodeError)
  }
  expect(
    rewriter({ values: ['email'] })
      .rewrite(nested(100))
      .toString(),
  ).toContain('[redacted:email]')
})

describe('limit of a field', () => {
  const LETTERS = 'é'.repeat(700)
  const cut = (length: number, limit: number) => {
    const marker = ` ... [truncated, ${length} bytes]`
    return 'é'.repeat((limit - marker.length) >> 1) + marker
  }

  test('every text is cut, with rules and without', () => {
    const span = (value: string) => ({
      name: value,
      attributes: [{ key: 'a', value: { arrayValue: { values: [text(value), { bytesValue: 'AA==' }] } } }],
      status: { message: value },
    })
    const [from, to] = [ofSpan(span(LETTERS)), ofSpan(span(cut(1400, 1024)))]
    expect(expectRewritten({ values: ['email'] }, from, to, 1024).truncated).toBe(3)
    const plain = counting(undefined, 1024)
    expect(requestTree(plain.rewrite(from))).toEqual(requestTree(to))
    expect(plain.truncated).toBe(3)
  })

  test('a field as large as the limit stays, and so does a small request, without a look', () => {
    const request = ofSpan({
      name: 'x'.repeat(1024),
      attributes: [{ key: 'a', value: text('y'.repeat(1024)) }],
    })
    expect(counting(undefined, 1024).rewrite(request)).toBe(request)
    const broken = Buffer.from([0xff])
    expect(counting(undefined, 1024).rewrite(broken)).toBe(broken)
  })

  test('what is cut off leaves no half of a secret behind', () => {
    const card = '4111 1111 1111 1111 '
    for (const before of [960, 966, 970, 975, 980]) {
      const value = `${'.'.repeat(before)} ${card}${'.'.repeat(100_000)}`
      const kept = rewriter({ values: ['credit-card'] }, 1024)
        .rewrite(ofValue('a', text(value)))
        .toString()
      expect(kept).not.toContain('4111')
      expect(kept).toContain(`[truncated, ${value.length} bytes]`)
    }
    // Where much is replaced, the end of what was searched moves before the limit.
    const many = card.repeat(10_000)
    const kept = rewriter({ values: ['credit-card'] }, 1024)
      .rewrite(ofValue('a', text(many)))
      .toString()
    expect(kept).not.toMatch(/4111|1111/)
    expect(kept).toContain(`[truncated, ${many.length} bytes]`)
  })
})
