import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Price } from './price-file.ts'
import { costOf, Prices } from './prices.ts'

const LISTED: Record<string, Price> = JSON.parse(
  readFileSync(new URL('../../prices.json', import.meta.url), 'utf8'),
).models
const of = (model: string, project = 'default') => ({ model, provider: '', project })
const TOKENS = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0 }

/** Dollars, worked out by hand from the list prices of the models. */
test.each([
  // 1000 × 2.5 + 500 × 10 = 7,500
  ['gpt-4o', { input: 1000, output: 500 }, 0.0075],
  // 200 × 2.5 + 800 × 1.25 + 500 × 10 = 6,500
  ['gpt-4o', { input: 1000, cachedInput: 800, output: 500 }, 0.0065],
  // 4,000 × 3 + 126,000 × 0.3 + 100 × 15 = 51,300; all as new input it would be 391,500
  ['claude-sonnet-4-5', { input: 130_000, cachedInput: 126_000, output: 100 }, 0.0513],
  // 1,000 × 3 + 2,000 × 0.3 + 7,000 × 3.75 + 100 × 15 = 31,350
  ['claude-sonnet-4-5', { input: 10_000, cachedInput: 2000, cacheWrite: 7000, output: 100 }, 0.03135],
  // Counted beside the input: 50 × 3 + 2,000 × 0.3 + 7,000 × 3.75 + 100 × 15 = 28,500
  ['claude-sonnet-4-5', { input: 50, cachedInput: 2000, cacheWrite: 7000, output: 100 }, 0.0285],
  // No price of writing: 10 × 2.5
  ['gpt-4o', { input: 10, cacheWrite: 10 }, 0.000025],
  ['text-embedding-3-small', { input: 1_000_000 }, 0.02],
] as const)('%s: %o is $%f', (model, tokens, dollars) => {
  expect(new Prices().estimate(of(model), { ...TOKENS, ...tokens })).toBeCloseTo(dollars, 12)
})

test('a price of the file counts before the list, and one of the project before that', () => {
  const prices = new Prices({
    models: { 'gpt-4o': { input: 1, output: 2 }, 'Our-Model': { input: 0 } },
    projects: { shop: { 'gpt-4o': { input: 3 } } },
  })
  const cost = (model: string, project: string) =>
    prices.estimate(of(model, project), { ...TOKENS, input: 1e6, output: 1e6 })
  expect(cost('gpt-4o', 'default')).toBe(3)
  // What the user says of a model holds for its releases, whatever the list has.
  expect(cost('openai/gpt-4o-2024-05-13', 'default')).toBe(3)
  expect(cost('gpt-4o', 'shop')).toBe(3)
  expect(prices.priceOf(of('gpt-4o', 'shop'))).toEqual({ input: 3 })
  expect(cost('gpt-4o-mini', 'shop')).toBe(0.75)
  expect(cost('our-model', 'shop')).toBe(0)
  expect(cost('your-model', 'shop')).toBeUndefined()
})

test('every price says who says it, and when it was read', () => {
  expect(Object.keys(LISTED).length).toBeGreaterThan(300)
  for (const [model, { source, date }] of Object.entries(LISTED)) {
    expect(source, model).toMatch(/^litellm \d+\.\d+\.\d+/)
    expect(date, model).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  }
})

test('eight digits that are no date do not name a release', () => {
  const prices = new Prices()
  expect(prices.priceOf(of('gpt-4o-20250514'))).toBeDefined()
  expect(prices.priceOf(of('gpt-4o-20251314'))).toBeUndefined()
  expect(prices.priceOf(of('grok-4.20-multi-agent-03090000'))).toBeUndefined()
})

/** What may stand around a model's name without making it another model. */
const SAME =
  /^(-\d{4}-\d{2}-\d{2}|[-@]\d{8}|-latest|@default|-00\d|-v\d(:\d+(:\d+k)?)?|:(beta|exacto|extended|floor|nitro|online|thinking|free))*$/

test('a price never comes from another model: what is added to a name makes it unknown, or leaves it as it is', () => {
  const prices = new Prices()
  const names = Object.keys(LISTED)
  const ending = fc.oneof(
    fc.stringMatching(/^[-.:@_a-z0-9]{1,12}$/),
    fc.constantFrom(
      '-mini',
      '-nano',
      '-pro',
      '-turbo',
      '-lite',
      '-2024',
      '-v2',
      '-preview',
      '-20250101',
      '-latest',
    ),
  )
  fc.assert(
    fc.property(fc.constantFrom(...names), ending, (name, added) => {
      // OpenRouter writes Claude's versions with a dot: `claude-opus-4` + `.5`.
      const longer = `${name}${added}`.replace(/(?<=claude.*\d)\.(?=\d)/g, '-')
      const price = prices.priceOf(of(longer))
      // In a region of Bedrock it may be a model that is listed without one: `apac.anthropic.claude-fable-5` + `-1`.
      const anywhere = longer.replace(/^\w+\.anthropic\./, '')
      if (price === undefined || Object.hasOwn(LISTED, longer) || Object.hasOwn(LISTED, anywhere)) return
      // A name of the list with more to it may be another name of the list: `gpt-4` + `o`, then `-latest`.
      const owner = names.filter((each) => longer.startsWith(each)).sort((a, b) => b.length - a.length)[0]!
      // Bedrock's version may be part of both: `...-v1` + `:0`.
      expect(longer.slice(owner.replace(/-v\d$/, '').length), longer).toMatch(SAME)
    }),
    {
      numRuns: 5000,
      examples: [
        ['us.anthropic.claude-opus-4-6-v1', ':0'],
        ['apac.anthropic.claude-fable-5', '-1'],
        ['claude-opus-4', '.5'],
        ['grok-4.20-multi-agent-0309', '0000'],
      ],
    },
  )
})

test('what is put before a name makes it unknown, unless it says who serves it', () => {
  const prices = new Prices()
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(LISTED)),
      fc.stringMatching(/^[a-z0-9]{1,8}[-./]?$/),
      (name, prefix) => {
        const price = prices.priceOf(of(`${prefix}${name}`))
        if (price === undefined || Object.hasOwn(LISTED, `${prefix}${name}`)) return
        expect(prefix).toMatch(/^((us|eu|apac|jp|au|ca|global|anthropic)\.|[a-z]+\/)$/)
      },
    ),
    { numRuns: 5000 },
  )
})

test('more tokens never cost less, and cached input never costs more than other input', () => {
  const count = fc.nat(1_000_000)
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(LISTED)),
      count,
      count,
      count,
      (price, input, cached, output) => {
        const whole = costOf({ ...TOKENS, input: input + cached, output }, price)
        const read = costOf({ ...TOKENS, input: input + cached, cachedInput: cached, output }, price)
        expect(read).toBeLessThanOrEqual(whole * (1 + 1e-12))
        expect(costOf({ ...TOKENS, input: input + cached + 1, output }, price)).toBeGreaterThanOrEqual(whole)
      },
    ),
  )
})
