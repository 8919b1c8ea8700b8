import { expect, test } from 'vitest'
import { type Mix, mixNotes } from './mix.ts'

function side(label: string, mix: Partial<Record<keyof Mix, Record<string, number>>>, selection = {}) {
  const map = (kind: keyof Mix) => new Map(Object.entries(mix[kind] ?? { same: 10 }))
  return {
    label,
    selection,
    mix: { environment: map('environment'), service: map('service'), model: map('model') },
  }
}

const notes = (base: ReturnType<typeof side>, candidate: ReturnType<typeof side>) =>
  mixNotes([base, candidate]).map(({ text }) => text)

test('a model, service or environment that has another share of each side is named', () => {
  const before = side('version 1', { model: { large: 90, small: 10 } })
  const after = side('version 2', { model: { large: 100, small: 90, '': 10 } })
  expect(notes(before, after)).toEqual([
    'The sides differ in model: large in 90% of version 1 and 50% of version 2. What changed may come from that.',
  ])
  expect(notes(before, before)).toEqual([])
})

test('shares that are nearly the same are not, nor what the sides were chosen by', () => {
  const near = [side('a', { service: { x: 90, y: 10 } }), side('b', { service: { x: 85, y: 15 } })] as const
  expect(notes(...near)).toEqual([])
  const chosen = side('staging', { environment: { staging: 5 } }, { environment: 'staging' })
  expect(notes(side('prod', { environment: { prod: 5 } }), chosen)).toEqual([])
})

test('an empty side has no mix', () => {
  expect(notes(side('a', { model: {} }), side('b', {}))).toEqual([])
})
