import { KEY_VALUE, REQUEST as KNOWN, SET_TEXT, type Shape, TEXT, VALUE } from '@weir/dialects/testing'
import { expect, test } from 'vitest'
import { type Field, type MessageShape, REQUEST } from './message-shapes.ts'

/** What redaction has to make of each field that the decoder knows, by path. */
function expected(known: Shape, path = ''): [string, string][] {
  return known.members.flatMap(({ field, type, shape, what }): [string, string][] => {
    const here = `${path}/${what} ${field}`
    if (type === TEXT || type === SET_TEXT) return [[here, 'text']]
    if (shape === undefined) return []
    if (shape === KEY_VALUE) return [[here, 'attribute']]
    return shape === VALUE ? [[here, 'value']] : expected(shape, here)
  })
}

function actual(shape: MessageShape, path: string): Field | undefined {
  const fields = path
    .split('/')
    .slice(1)
    .map((part) => Number(part.split(' ')[1]))
  return fields.reduce<Field | undefined>(
    (found, field) => (typeof found === 'object' ? found[field] : undefined),
    shape,
  )
}

test('every text and attribute that the decoder knows is looked at', () => {
  const fields = expected(KNOWN)
  expect(fields.length).toBeGreaterThan(12)
  expect(fields.map(([path]) => [path, actual(REQUEST, path)])).toEqual(fields)
})
