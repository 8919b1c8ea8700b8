import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { readDraft, toDraft } from './draft.ts'
import { type Field, toField } from './field.ts'

const order = z.object({
  item: z.string().describe('What is ordered'),
  count: z.int().default(1),
  price: z.number().optional(),
  express: z.boolean().optional(),
  colour: z.enum(['red', 'green']).nullish(),
  size: z.union([z.literal('s'), z.literal(42)]).optional(),
  to: z.object({ city: z.string(), zip: z.string().max(10).optional() }).optional(),
  tags: z.array(z.string()),
  extra: z.record(z.string(), z.number()).optional(),
  either: z.union([z.string(), z.number()]).optional(),
})
const field = toField(z.toJSONSchema(order, { io: 'input' }))

test('each kind of value has its field', () => {
  const kinds = (of: Field): unknown =>
    of.kind === 'object'
      ? Object.fromEntries(of.members.map(({ name, field }) => [name, kinds(field)]))
      : of.kind === 'list'
        ? [kinds(of.item)]
        : of.kind
  expect(kinds(field)).toEqual({
    item: 'text',
    count: 'number',
    price: 'number',
    express: 'boolean',
    colour: 'choice',
    size: 'choice',
    to: { city: 'text', zip: 'text' },
    tags: ['text'],
    extra: 'json',
    either: 'json',
  })
})

test('what is blank and not required is left out; the default of the schema stands in the form', () => {
  const draft = toDraft(field)
  expect(draft).toMatchObject({ count: '1', item: '' })
  expect(readDraft(field, { ...(draft as object), item: 'book' })).toEqual({
    value: { item: 'book', count: 1, tags: [] },
    problems: [],
  })
})

test('problems name their field', () => {
  const draft = { ...(toDraft(field) as object), count: '1.5', price: 'much', extra: '{', tags: ['a'] }
  expect(readDraft(field, draft).problems).toEqual([
    { path: 'count', message: 'expected a whole number, got 1.5' },
    { path: 'price', message: 'expected a number, got "much"' },
    { path: 'extra', message: expect.stringContaining('expected JSON') },
  ])
})

test('numbers that JSON has not are no numbers, and none is rounded', () => {
  const one = toField({ type: 'integer' })
  for (const text of ['1e999', '-Infinity', '12345678901234567890', 'one']) {
    expect(readDraft(one, text)).toEqual({
      value: undefined,
      problems: [{ path: '', message: expect.stringContaining(text) }],
    })
  }
})

test('an optional object that nobody touched is left out, also where members have defaults', () => {
  const to = z.object({ city: z.string(), country: z.string().default('DE') })
  const form = toField(z.toJSONSchema(z.object({ to: to.optional() }), { io: 'input' }))
  expect(readDraft(form, toDraft(form)).value).toEqual({})
  const filled = { to: { ...(toDraft(form) as { to: object }).to, city: 'Bonn' } }
  expect(readDraft(form, filled).value).toEqual({ to: { city: 'Bonn', country: 'DE' } })
})

/** How many inputs a form has. */
function size(field: Field): number {
  if (field.kind === 'list') return 1 + size(field.item)
  return field.kind === 'object' ? field.members.reduce((sum, { field: of }) => sum + size(of), 1) : 1
}

test('a schema that refers to itself many times makes a form that a page can show', () => {
  const names = Array.from({ length: 60 }, (_, index) => `p${index}`)
  const members = Object.fromEntries(names.map((name) => [name, { $ref: '#' }]))
  const field = toField({ type: 'object', properties: members })
  expect(field.kind).toBe('object')
  expect(size(field)).toBeLessThanOrEqual(400)
})

test('a nullable object is no level of its own', () => {
  const nested = [1, 2, 3].reduce<z.ZodType>(
    (inner, level) => z.object({ [level]: inner }).nullable(),
    z.object({ end: z.string() }),
  )
  expect(size(toField(z.toJSONSchema(nested)))).toBe(5)
})

test('references are followed, and recursion ends in JSON', () => {
  interface Tree {
    name: string
    children: Tree[]
  }
  const tree: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string(), children: z.array(tree) }))
  const value = { name: 'a', children: [{ name: 'b', children: [{ name: 'c', children: [] }] }] }
  const recursive = toField(z.toJSONSchema(tree))
  expect(recursive.kind).toBe('object')
  expect(readDraft(recursive, toDraft(recursive, value))).toEqual({ value, problems: [] })
})

test.each([
  undefined,
  null,
  true,
  {},
  { $ref: 'https://elsewhere' },
  { $ref: '#/x' },
  { type: 'object' },
  { anyOf: [{ $ref: '#' }] },
  { anyOf: ['a', 'b'] },
  { oneOf: 'a' },
])('where the schema says little, JSON is entered: %j', (schema) => expect(toField(schema).kind).toBe('json'))

test('more choices than a page can show are entered as JSON', () => {
  expect(toField({ enum: Array.from({ length: 2_000 }, (_, index) => index) }).kind).toBe('json')
})

test('a form takes no other members where its schema does not say which', () => {
  const properties = { a: { type: 'string' } }
  expect(toField({ type: 'object', properties, additionalProperties: null }).kind).toBe('object')
})

test('a filled form stands for the value that filled it', () => {
  const text = fc.string({ minLength: 1 })
  const values = fc.record(
    {
      item: fc.string(),
      count: fc.integer(),
      price: fc.double({ noNaN: true, noDefaultInfinity: true }).map((price) => price || 0),
      express: fc.boolean(),
      colour: fc.constantFrom('red', 'green'),
      size: fc.constantFrom('s', 42),
      to: fc.record({ city: text, zip: text }, { requiredKeys: ['city'] }),
      tags: fc.array(fc.string()),
      extra: fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.integer()),
      either: fc.oneof(fc.string(), fc.integer()),
    },
    { requiredKeys: ['item', 'count', 'tags'] },
  )
  fc.assert(
    fc.property(values, (value) => {
      expect(readDraft(field, toDraft(field, value))).toEqual({ value, problems: [] })
    }),
  )
})
