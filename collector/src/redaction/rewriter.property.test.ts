import { protobufOfJson, SpanBlock } from '@weir/dialects'
import { captureNames, readCapture } from '@weir/dialects/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requestTree } from '../testing/request-tree.ts'
import { KeyRules } from './key-rules.ts'
import { NAMED_PATTERNS } from './named-patterns.ts'
import { Rewriter } from './rewriter.ts'
import type { RedactionRules } from './value-redactor.ts'

const SECRET = 'ann@example.com'
const MARKER = '[redacted:email]'

const toMarker = () => MARKER
const rules = {
  keys: new KeyRules([{ name: 'deny:secret', pattern: 'secret', marker: toMarker }], [], undefined),
  values: [{ pattern: NAMED_PATTERNS.get('email')!, marker: toMarker }],
}

function rewriterOf(used: RedactionRules, observeRedaction = () => {}): Rewriter {
  return new Rewriter({ rules: used, maxFieldBytes: 1 << 20, observeRedaction, observeTruncation: () => {} })
}

const plain = fc.string({ unit: 'grapheme' }).filter((value) => !/[@"\\]/.test(value))
/** Text with the secret in it, or not; a space on each side keeps the neighbours out of the address. */
const text = fc.oneof(
  plain,
  fc.tuple(plain, plain).map(([before, after]) => `${before} ${SECRET} ${after}`),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.record({ stringValue: text }),
    fc.record({ intValue: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) }),
    fc.record({ doubleValue: fc.double() }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ bytesValue: fc.base64String() }),
    fc.constant({}),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value')) }) }),
    fc.record({
      // Keys within a value are data.
      kvlistValue: fc.record({
        values: fc.array(fc.record({ key: fc.oneof(key(), text), value: tie('value') })),
      }),
    }),
  ),
}))
const attributes = fc.array(fc.record({ key: key(), value }), { maxLength: 5 })
const span = fc.record({
  traceId: fc.constant('000102030405060708090a0b0c0d0e0f'),
  traceState: text,
  name: text,
  kind: fc.nat(5),
  startTimeUnixNano: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  attributes,
  events: fc.array(fc.record({ name: text, attributes }), { maxLength: 2 }),
  links: fc.array(fc.record({ traceState: text, attributes, flags: fc.nat() }), { maxLength: 2 }),
  status: fc.record({ message: text, code: fc.nat(2) }),
  droppedAttributesCount: fc.nat(),
})
const request = fc.record({
  resourceSpans: fc.array(
    fc.record({
      resource: fc.record({ attributes }),
      scopeSpans: fc.array(
        fc.record({
          scope: fc.record({ name: text, version: text, attributes }),
          spans: fc.array(span, { maxLength: 3 }),
          schemaUrl: text,
        }),
        { maxLength: 2 },
      ),
      schemaUrl: text,
    }),
    { maxLength: 3 },
  ),
})

function key() {
  return fc.oneof(fc.constantFrom('secret', 'secret.not', 'input.value'), plain)
}

/** The same on JSON, by the plain meaning of the rules. */
function expected(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document), (_, member) => {
    if (typeof member === 'string') return member.replace(SECRET, MARKER)
    if (member?.key === 'secret' && 'value' in member) return { ...member, value: { stringValue: MARKER } }
    return member
  })
}

const protobuf = (document: unknown) => protobufOfJson(Buffer.from(JSON.stringify(document)))

test('what the rules name is replaced, everything else is the same to the byte', () => {
  fc.assert(
    fc.property(request, (document) => {
      const original = protobuf(document)
      const rewritten = rewriterOf(rules).rewrite(original)
      const [kept, meant] = [rewritten, protobuf(expected(document))].map((bytes) =>
        JSON.stringify(requestTree(bytes)),
      )
      expect(kept).toBe(meant)
      expect(rewritten.includes(SECRET)).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('recorded requests in which nothing is found come back as the same buffer, and all can be read', () => {
  const everything = {
    keys: rules.keys,
    values: [...NAMED_PATTERNS.values()].map((pattern) => ({
      pattern,
      marker: () => `[redacted:${pattern.name}]`,
    })),
  }
  let same = 0
  for (const { body, contentType } of captureNames('').flatMap((name) => readCapture(name).requests)) {
    let original: Buffer
    try {
      original = contentType.includes('json') ? protobufOfJson(body) : body
      new SpanBlock().append(original, 'default')
    } catch {
      continue
    }
    let replaced = 0
    const rewritten = rewriterOf(everything, () => {
      replaced += 1
    }).rewrite(original)
    if (replaced === 0) {
      expect(rewritten).toBe(original)
      same += 1
    }
    const [before, after] = [new SpanBlock(), new SpanBlock()]
    expect(after.append(rewritten, 'default')).toEqual(before.append(original, 'default'))
  }
  expect(same).toBeGreaterThan(50)
})
