import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewOf } from '../native/view.ts'
import { KeyTable } from '../otlp/key-table.ts'
import { compileDialects } from './compile.ts'
import { opentelemetry } from './opentelemetry.ts'
import { weir } from './weir.ts'

test('a key without a place in the precedence table is refused', () => {
  const dialect = { attributes: { 'new.model': [{ field: 'model' }] } } as const
  expect(() => compileDialects([dialect])).toThrow(
    'precedence.ts has no place for new.model among the keys of model',
  )
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
