import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson } from '@weir/store/evaluations'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { readJsonLines, resolveCases } from './cases.ts'
import { jsonl } from './data-source.ts'
import { RepeatedKeyError, requireUniqueKeys } from './unique-keys.ts'

const directory = mkdtempSync(join(tmpdir(), 'weir-cases-'))
afterAll(() => rmSync(directory, { recursive: true }))
const path = join(directory, 'cases.jsonl')

async function casesOf(content: string | Buffer) {
  writeFileSync(path, content)
  return (await resolveCases({ name: 'e', data: jsonl('cases.jsonl') }, path, undefined)).cases
}

describe('a file of cases', () => {
  it('gives every integer as it is written', async () => {
    const cases = await casesOf(
      '{"id":9007199254740993,"input":{"n":[9007199254740993,1,1.5,-0.0]}}\n{"id":9007199254740992,"input":1}',
    )
    expect(cases).toEqual([
      { id: '9007199254740993', input: { n: [9_007_199_254_740_993n, 1, 1.5, -0] } },
      { id: '9007199254740992', input: 1 },
    ])
    expect(canonicalJson(cases[0]!.input)).toBe('{"n":[9007199254740993,1,1.5,0]}')
  })

  it('may begin with a byte order mark, also where files were joined, and end its lines in any way', async () => {
    const lines = '\uFEFF{"id":"a","input":1}\r\n\uFEFF{"id":"b","input":2}\n\n'
    expect(await casesOf(lines)).toEqual([
      { id: 'a', input: 1 },
      { id: 'b', input: 2 },
    ])
  })

  it.each([
    [
      '{"input":1}\n{"input":{"n":[0,1e400]}}',
      ':2: input.n[1] is 1e400, which no number holds: write it as text, in quotes.',
    ],
    ['{"input":1,"reference":1e-400}', ':1: reference is 1e-400, which no number holds'],
    [
      '{"input":{"a":1,"b":{"a":2},"\\u0061":3}}',
      ':1: the key "\\u0061" is there twice in one object: remove one.',
    ],
    ['{"input":1,"input":2}', ':1: the key "input" is there twice'],
    ['{"input":NaN}', ':1: expected a JSON object with an "input". '],
    ['[1]', ':1: expected a JSON object with an "input". '],
    [Buffer.from('\uFEFF{"input":1}', 'utf16le'), ' is UTF-16, expected UTF-8: save it as UTF-8.'],
    [Buffer.from('{"input":"é"}', 'latin1'), ' is not UTF-8: save it as UTF-8.'],
  ])('is refused with its line: %j', async (content, message) => {
    writeFileSync(path, content)
    await expect(readJsonLines(path)).rejects.toThrow(`${path}${message}`)
  })
})

describe('cases of a definition', () => {
  it.each([
    [
      { n: 2 ** 53 },
      'in case 2, input.n is 9007199254740992, an integer beyond 2^53, which JavaScript rounds: write it as a bigint',
    ],
    [Number.NaN, 'in case 2, input is NaN, which JSON cannot hold'],
    [[Number.POSITIVE_INFINITY], 'in case 2, input[0] is Infinity, which JSON cannot hold'],
  ])('are refused where they would be others as JSON: %o', async (input, message) => {
    const data = [{ input: 1 }, { input }]
    await expect(resolveCases({ name: 'e', data }, undefined, undefined)).rejects.toThrow(message)
  })

  it('may hold bigints', async () => {
    const data = [{ input: { n: 9_007_199_254_740_993n } }, { input: { n: 9_007_199_254_740_992n } }]
    const { cases, hash } = await resolveCases({ name: 'e', data }, undefined, undefined)
    expect(cases.map(({ input }) => input)).toEqual(data.map(({ input }) => input))
    expect(new Set(cases.map(({ id }) => id)).size).toBe(2)
    expect(hash).not.toBe(
      (await resolveCases({ name: 'e', data: data.toReversed() }, undefined, undefined)).hash,
    )
  })
})

it('keys are unique in JSON that JavaScript wrote, and are not where one is added again', () => {
  const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { minKeys: 1 })
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify([value, value], null, indent)
      requireUniqueKeys(text)
      const [key] = Object.keys(value) as [string]
      const twice = text.replace('{', () => `{${JSON.stringify(key)} : "{\\"",`)
      expect(() => requireUniqueKeys(twice)).toThrow(RepeatedKeyError)
    }),
  )
})
