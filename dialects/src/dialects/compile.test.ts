import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewOf } from '../native/view.ts'
import { KeyTable } from '../otlp/key-table.ts'
import { compileDialects } from './compile.ts'
import type { Dialect } from './dialect.ts'
import { opentelemetry } from './opentelemetry.ts'
import { FIELDS, type Precedence } from './precedence.ts'
import { weir } from './weir.ts'

test('keys that the precedence table does not name come behind the others, in the order of the dialects', () => {
  const precedence = Object.fromEntries(FIELDS.map((field) => [field, field === 'user' ? ['named'] : []]))
  const dialect = (...keys: string[]): Dialect => ({
    attributes: Object.fromEntries(keys.map((key) => [key, [{ field: 'user' }]])),
  })
  const { keys, rules } = compileDialects(
    [dialect('b', 'a'), dialect('c', 'named')],
    precedence as unknown as Precedence,
  )
  const rankOf = (key: string) => rules[keys.find(viewOf(Buffer.from(key)), 0, key.length)]![0]!.rank
  expect(['named', 'b', 'a', 'c'].map(rankOf)).toEqual([0, 1, 2, 3])
})

test('two dialects that read the same field from the same key are refused', () => {
  const dialect = { attributes: { 'session.id': [{ field: 'session' }] } } as const
  expect(() => compileDialects([opentelemetry, dialect])).toThrow('two rules read session from session.id')
})

test('a place that no dialect fills is refused', () => {
  expect(() => compileDialects([weir])).toThrow(
    'precedence.ts: no dialect reads kind from langfuse.observation.type',
  )
})

test('a rule for a kind that does not exist is refused', () => {
  const dialect = {
    attributes: { 'weir.kind': [{ field: 'kind', values: { a: 'banana' } }] },
  } as const
  expect(() => compileDialects([dialect])).toThrow(
    'a rule for kind gives banana, expected some of flow, step',
  )
})

test('a key table finds what it has and nothing else', () => {
  const keys = fc.uniqueArray(fc.string({ maxLength: 30 }), { maxLength: 80 })
  fc.assert(
    fc.property(keys, fc.string({ maxLength: 30 }), (known, other) => {
      const table = new KeyTable(known)
      const find = (key: string) => {
        const bytes = Buffer.from(`<${key}>`)
        return table.find(viewOf(bytes), 1, bytes.length - 1)
      }
      expect(known.map(find)).toEqual(known.map((_, at) => at))
      expect(find(other)).toBe(known.indexOf(other))
    }),
  )
})
