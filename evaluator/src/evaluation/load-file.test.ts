import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '@weir/config'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../checks/matchers.ts'
import { resolveCases, toCases } from './cases.ts'
import { dataset, jsonl } from './definition.ts'
import { evaluate } from './evaluate.ts'
import { findEvalFiles, loadEvalFile } from './load-file.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-eval-'))
})

afterAll(() => rm(directory, { recursive: true }))

async function write(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

describe('evaluation files', () => {
  it('are found by file, directory and glob', async () => {
    const file = await write('a.eval.ts', '')
    await write('b.ts', '')
    expect(await findEvalFiles([], directory)).toEqual([file])
    expect(await findEvalFiles(['a.eval.ts', directory, '*.eval.ts'], directory)).toEqual([file])
    await expect(findEvalFiles(['nothing/**'], directory)).rejects.toThrow(
      'There is no evaluation at "nothing/**"',
    )
  })

  it('that cannot be loaded are named with the line', async () => {
    const syntax = await write('syntax.eval.ts', 'const a = 1\nconst b = = 2\n')
    await expect(loadEvalFile(syntax)).rejects.toThrow(
      /syntax\.eval\.ts(.|\n)*const b = = 2|syntax\.eval\.ts:2/,
    )
    const throwing = await write('throwing.eval.ts', '\n\nthrow new Error("boom")\n')
    await expect(loadEvalFile(throwing)).rejects.toThrow(/boom(.|\n)*throwing\.eval\.ts:3/)
    const none = await write('none.eval.ts', 'export const a = 1\n')
    await expect(loadEvalFile(none)).rejects.toThrow('exports no evaluation (it exports a)')
  })
})

describe('cases', () => {
  it('that are nested too deep to be hashed are refused by their number', () => {
    const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
    expect(toCases('e', [{ input: nested(490) }])).toHaveLength(1)
    const cases = [{ input: 1 }, { input: 2, metadata: { a: nested(10_000) } }]
    expect(() => toCases('e', cases)).toThrow('Case 2 of "e" is nested deeper than 500 levels')
  })

  it('that would have one id when it is stored are refused', () => {
    expect(toCases('e', [{ id: 'a \ud83d', input: 1 }])[0]!.id).toBe('a \ufffd')
    const cases = ['\ud83d', '\ude00'].map((id) => ({ id, input: 1 }))
    expect(() => toCases('e', cases)).toThrow('two cases with the id "\ufffd"')
  })

  const evaluation = (data: ReturnType<typeof evaluate>['data']) => ({ name: 'e', data })

  it('come from a file beside the evaluation', async () => {
    await write('cases.jsonl', '{"id":"a","input":1}\n\n{"input":{"b":2},"reference":"x","tags":["t"]}\n')
    const { cases } = await resolveCases(
      evaluation(jsonl('cases.jsonl')),
      join(directory, 'x.eval.ts'),
      undefined,
    )
    expect(cases).toEqual([
      { id: 'a', input: 1 },
      { id: expect.stringMatching(/^[0-9a-f]{12}$/), input: { b: 2 }, reference: 'x', tags: ['t'] },
    ])
  })

  it('name the line that is wrong', async () => {
    const path = await write('bad.jsonl', '{"input":1}\n{"inptu":1}\n')
    await expect(resolveCases(evaluation(jsonl(path)), undefined, undefined)).rejects.toThrow('bad.jsonl:2')
    await expect(resolveCases(evaluation(jsonl('no.jsonl')), undefined, undefined)).rejects.toThrow(
      UsageError,
    )
  })

  it('come from a function, but a dataset needs the store', async () => {
    const { cases } = await resolveCases(
      evaluation(async () => [{ input: 'x' }]),
      undefined,
      undefined,
    )
    expect(cases).toHaveLength(1)
    await expect(resolveCases(evaluation(dataset('d@1')), undefined, undefined)).rejects.toThrow(
      'run without --local',
    )
  })

  it('have ids of their own', () => {
    expect(() =>
      toCases('e', [
        { id: 'a', input: 1 },
        { id: 'a', input: 2 },
      ]),
    ).toThrow('two cases with the id "a"')
    expect(toCases('e', [{ input: { a: 1, b: 2 } }])[0]!.id).toBe(
      toCases('e', [{ input: { b: 2, a: 1 } }])[0]!.id,
    )
  })
})

describe('a definition', () => {
  const good = { task: async (input: number) => input, data: [{ input: 1 }], checks: [run.toSucceed()] }

  it('is refused with what is wrong', () => {
    const wrong = (rest: object) => () => evaluate('e', { ...good, ...rest } as never)
    expect(wrong({ task: 'x' })).toThrow('expected a flow, or an async function')
    expect(wrong({ data: 'x' })).toThrow('data')
    expect(wrong({ trials: 0 })).toThrow('trials')
    expect(wrong({ timeout: 'soon' })).toThrow('timeout')
    expect(wrong({ gates: { passRate: 2 } })).toThrow('passRate')
    expect(wrong({ gates: { passrate: 1 } })).toThrow('passrate')
    expect(wrong({ gates: { scores: { good: 0.5 } } })).toThrow('its scorers are: none')
    expect(wrong({ checks: [{ type: 'execution.ran' }] })).toThrow('Expected a list of checks')
    expect(wrong({ checks: [] })).toThrow('no checks, no expect and no scorers')
    expect(wrong({ scorers: [() => 1] })).toThrow('a scorer without a name')
    const scorers = [{ name: 'is good', score: () => 1 }]
    expect(wrong({ scorers })).toThrow('no gate on a score')
    expect(wrong({ scorers, gates: { scores: {} } })).toThrow('gates: { scores: { "is good": 0.8 } }')
    expect(evaluate('e', { ...good, scorers, gates: { scores: { 'is good': 0 } } }).scorers).toHaveLength(1)
    expect(() => evaluate('', good)).toThrow('expects a name')
  })
})
