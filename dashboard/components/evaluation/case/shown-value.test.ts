import type { RunRecord } from '@weir/store/run-model'
import { expect, test } from 'vitest'
import { isSameValue, shownPayload, shownReference, shownValue } from './shown-value.ts'

const run = (output: Partial<RunRecord>) =>
  ({ output: '', outputType: '', outputLength: 0, ...output }) as RunRecord

test('values that are equal read the same, whatever the order of their keys, and those of other types do not', () => {
  const recorded = shownPayload(run({ output: '{"b":1,"a":9007199254740993}', outputType: 'json' }), 'output')
  expect(recorded).toEqual(shownValue({ a: 9_007_199_254_740_993n, b: 1 }))
  expect(recorded.text).toBe('{\n  "a": 9007199254740993,\n  "b": 1\n}')
  const texts = [shownValue('42'), shownValue(42), shownValue('a\nb')].map(({ text }) => text)
  expect(texts).toEqual(['"42"', '42', 'a\nb'])
  expect(shownPayload(run({ output: '42', outputType: 'text' }), 'output').text).toBe('"42"')
  expect(shownPayload(run({ output: '42', outputType: 'json' }), 'output').text).toBe('42')
})

test('what cannot be shown says why', () => {
  expect(shownPayload(undefined, 'output')).toMatchObject({
    text: undefined,
    note: expect.stringContaining('not stored'),
  })
  expect(shownPayload(run({ outputLength: 5 }), 'output')).toEqual({
    text: undefined,
    whole: undefined,
    note: 'Removed by retention: it had 5 characters',
  })
  expect(shownPayload(run({}), 'output')).toMatchObject({ text: undefined, note: 'Not recorded' })
  expect(shownPayload(run({ outputType: 'text' }), 'output')).toMatchObject({ text: '', note: 'Empty text' })
  expect(shownReference(undefined).note).toBe('The case is not stored')
  expect(shownReference({ id: 'a', input: 1 }).note).toBe('The case has no reference')
  expect(shownReference({ id: 'a', input: 1, reference: null }).text).toBe('null')
})

test('what is cut says so', () => {
  const long = shownValue('x'.repeat(20_001))
  expect(long.text).toHaveLength(20_000)
  expect(long.note).toBe('The first 20,000 of 20,001 characters')
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  expect(shownPayload(run({ output: deep, outputType: 'json' }), 'output')).toEqual({
    text: '['.repeat(20_000),
    whole: deep,
    note: 'The first 20,000 of 40,000 characters: the run has them all',
  })
  const broken = shownPayload(run({ output: '{"a":', outputType: 'json', outputLength: 900 }), 'output')
  expect(broken).toMatchObject({ text: '{"a":', note: 'Cut when it was recorded: it had 900 characters' })
})

test('values are the same only where both are known whole', () => {
  const long = 'x'.repeat(20_001)
  expect(isSameValue(shownValue(long), shownValue(long))).toBe(true)
  expect(isSameValue(shownValue(`${long}a`), shownValue(`${long}b`))).toBe(false)
  const cut = shownPayload(run({ output: 'abc', outputType: 'text', outputLength: 900 }), 'output')
  expect(isSameValue(cut, cut)).toBe(false)
  expect(isSameValue(shownPayload(undefined, 'output'), shownReference(undefined))).toBe(false)
})
