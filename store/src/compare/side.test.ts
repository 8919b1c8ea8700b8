import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatSide, parseSide } from './side.ts'

const NOW = new Date('2026-11-20T12:00:00Z')
const read = (text: string) => parseSide(text, NOW)

test('what a side is', () => {
  expect(read('version=2')).toEqual({ kind: 'version', version: '2' })
  expect(read('environment=prod')).toEqual({ kind: 'environment', environment: 'prod' })
  expect(read('experiment=1f3a')).toEqual({ kind: 'experiment', experimentId: '1f3a' })
  expect(read('baseline=main')).toEqual({ kind: 'baseline', name: 'main' })
  expect(read('baseline=main,evaluation=research')).toEqual({
    kind: 'baseline',
    name: 'main',
    evaluation: 'research',
  })
})

test('the first key is the kind, the others narrow it', () => {
  expect(read('environment=prod, version=2,service=api,source=experiment')).toEqual({
    kind: 'environment',
    environment: 'prod',
    version: '2',
    service: 'api',
    source: 'experiment',
  })
})

test.each([
  ['24h', '2026-11-19T12:00:00Z', '2026-11-20T12:00:00Z'],
  ['2w..7d', '2026-11-06T12:00:00Z', '2026-11-13T12:00:00Z'],
  ['2026-11-01..2026-11-08', '2026-11-01T00:00:00Z', '2026-11-08T00:00:00Z'],
  ['2026-11-01T06:30..', '2026-11-01T06:30:00Z', '2026-11-20T12:00:00Z'],
])('window=%s', (text, from, to) => {
  expect(read(`window=${text}`)).toEqual({
    kind: 'window',
    window: { from: new Date(from), to: new Date(to) },
  })
})

test.each([
  ['', '"" is not a side of a comparison. Expected version=2,'],
  ['2', '"2" is not a side'],
  ['version=', '"version=" is not a side'],
  ['vers=2', '"vers" is not a part of a side. Expected version, environment,'],
  ['service=api', 'starts with "service", which only narrows a side'],
  ['version=2,version=3', 'names version twice'],
  ['version=2,evaluation=x', 'only says whose baseline is meant'],
  ['version=2,source=prod', 'source=prod is unknown'],
  ['window=yesterday', 'window=yesterday is not a window. Expected window=24h'],
  ['window=2026-13-01..', 'is not a window'],
  ['window=99999999999d', 'is not a window'],
  ['window=1h..2h', 'window=1h..2h is empty'],
  ['window=3h..2h..1h', 'is not a window'],
  ['window=1969-01-01..2026-11-01', 'is beyond the times that are stored. Expected it between 1970-01-01'],
  ['window=2026-11-01..2300-01-01', 'is beyond the times that are stored'],
])('%s is refused: %s', (text, message) => {
  expect(() => read(text)).toThrow(message)
})

test.each([
  'version=2,environment=prod,window=24h',
  'window=2026-11-01..2026-11-08,version=1,source=experiment',
  'environment=prod,service=api',
  'experiment=1f3a,version=3',
  'baseline=main,evaluation=research,environment=ci',
])('formatting and reading gives the same side: %s', (text) => {
  const side = read(text)
  const written = formatSide(side)
  expect(read(written)).toEqual(side)
  expect(written.split('=')[0]).toBe(side.kind)
})

test('any name comes back from a side as it is written', () => {
  const names = fc.oneof(
    fc.string({ unit: 'binary' }).filter((name) => name.isWellFormed()),
    fc.string({ unit: fc.constantFrom('"', ',', '=', ' ', '\\', 'a') }),
  )
  fc.assert(
    fc.property(names, names, (version, environment) => {
      const side = { kind: 'version', version, environment } as const
      expect(read(formatSide(side))).toEqual(side)
    }),
  )
})
