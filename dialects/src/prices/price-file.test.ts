import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPriceFile } from './price-file.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-prices-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function read(text: string): unknown {
  const path = join(directory, 'prices.json')
  writeFileSync(path, text)
  return readPriceFile(path, 'WEIR_PRICES=prices.json')
}

test('reads prices for all projects and for one', () => {
  expect(read('{"models":{"m":{"input":1,"output":2}},"projects":{"shop":{"m":{"input":0}}}}')).toEqual({
    models: { m: { input: 1, output: 2 } },
    projects: { shop: { m: { input: 0 } } },
  })
})

test.each([
  [
    '{"models"',
    "WEIR_PRICES=prices.json: not JSON: Expected ':' after property name in JSON at position 9 (line 1 column 10)",
  ],
  ['[]', 'WEIR_PRICES=prices.json: the file is [], expected {"models": {...}, "projects": {...}}'],
  [
    '{"prices":{}}',
    'WEIR_PRICES=prices.json: the file has "prices", expected {"models": {...}, "projects": {...}}',
  ],
  [
    '{"models":{"gpt-4o":2.5}}',
    'WEIR_PRICES=prices.json: "models"."gpt-4o" is 2.5, expected a price such as {"input": 2.5, "cachedInput": 1.25, "cacheWrite": 2.5, "output": 10}; only "input" is needed',
  ],
  [
    '{"models":{"gpt-4o":{"output":10}}}',
    'WEIR_PRICES=prices.json: "models"."gpt-4o"."input" is not there, expected US dollars per million tokens, 0 or more',
  ],
  [
    '{"models":{"gpt-4o":{"input":1,"cached":1}}}',
    'WEIR_PRICES=prices.json: "models"."gpt-4o" has "cached", expected a price such as {"input": 2.5, "cachedInput": 1.25, "cacheWrite": 2.5, "output": 10}; only "input" is needed',
  ],
  [
    '{"projects":{"shop":{"m":{"input":-1,"output":"2"}}}}',
    'WEIR_PRICES=prices.json: "projects"."shop"."m"."input" is -1, expected US dollars per million tokens, 0 or more\n' +
      'WEIR_PRICES=prices.json: "projects"."shop"."m"."output" is "2", expected US dollars per million tokens, 0 or more',
  ],
  ['{"projects":[]}', 'WEIR_PRICES=prices.json: "projects" is [], expected projects by name'],
  ['{"projects":{"shop":1}}', 'WEIR_PRICES=prices.json: "projects"."shop" is 1, expected models by name'],
])('says what is wrong with %s', (text, message) => {
  expect(() => read(text)).toThrow(message)
})

test('says that the file is not there', () => {
  expect(() => readPriceFile('/nowhere/prices.json', 'WEIR_PRICES=/nowhere/prices.json')).toThrow(
    'WEIR_PRICES=/nowhere/prices.json: the file cannot be read: ENOENT',
  )
})
