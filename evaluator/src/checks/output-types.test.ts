import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { contains, exactMatch } from '../scorers/text.ts'
import { type RunSketch, toRun } from '../testing.ts'
import { judge } from './judge.ts'
import { run, tools } from './matchers.ts'
import { outputOf } from './output-checks.ts'

const text = (output: string): RunSketch => ({ output, outputType: 'text' })
const json = (output: string): RunSketch => ({ output, outputType: 'json' })
const unknown = (output: string): RunSketch => ({ output, outputType: 'unknown' })
const outcome = (check: Parameters<typeof judge>[0], sketch: RunSketch) => judge(check, toRun(sketch)).outcome

/** A recorded output, the value that scorers and checks see, and values that it is not. */
const VALUES: readonly [RunSketch, unknown, readonly unknown[]][] = [
  [text('42'), '42', [42, '"42"']],
  [json('42'), 42, ['42']],
  [json('"42"'), '42', [42, '"42"']],
  [text('"42"'), '"42"', ['42', 42]],
  [text('true'), 'true', [true]],
  [json('true'), true, ['true']],
  [text('null'), 'null', [null]],
  [json('null'), null, ['null', '']],
  [text('{"a":1}'), '{"a":1}', [{ a: 1 }]],
  [json('{"a":1}'), { a: 1 }, ['{"a":1}']],
  [text('[1]'), '[1]', [[1]]],
  [json('[1]'), [1], ['[1]']],
  [text(''), '', [null, '""']],
  [json('""'), '', [null, '""']],
  [json('9007199254740993'), 9_007_199_254_740_993n, ['9007199254740993']],
  [text('9007199254740993'), '9007199254740993', [9_007_199_254_740_993n]],
  [unknown('{"a":1}'), { a: 1 }, [{ a: 2 }]],
  [unknown('plain'), 'plain', ['other']],
  [unknown(''), '', [null]],
]

describe.each(VALUES.map(([sketch, value, others]) => ({ sketch, value, others })))(
  '$sketch.outputType $sketch.output',
  ({ sketch, value, others }) => {
    const scored = (reference: unknown) => ({
      ...{ input: null, output: outputOf(toRun(sketch)), reference, run: toRun(sketch) },
    })

    it('equals its value only', () => {
      expect(outcome(run.toHaveOutputEqual(value), sketch)).toBe('passed')
      expect(outcome(run.not.toHaveOutputEqual(value), sketch)).toBe('failed')
      for (const other of others) expect(outcome(run.toHaveOutputEqual(other), sketch)).toBe('failed')
    })

    it('contains its value', () => {
      expect(outcome(run.toHaveOutputContaining(value), sketch)).toBe('passed')
    })

    it('is that value to scorers', () => {
      expect(scored(value).output).toEqual(value)
      expect(exactMatch(scored(value))).toMatchObject({ score: 1 })
      for (const other of others) expect(exactMatch(scored(other))).toMatchObject({ score: 0 })
    })

    it('has the type of its value in a schema', () => {
      const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
      const schema = { type: type === 'bigint' ? 'integer' : type }
      expect(outcome(run.toHaveOutputMatching(schema), sketch)).toBe('passed')
      for (const other of ['string', 'number', 'boolean', 'object', 'array', 'null']) {
        if (other === schema.type || (other === 'number' && schema.type === 'integer')) continue
        expect(outcome(run.toHaveOutputMatching({ type: other }), sketch), other).toBe('failed')
      }
    })
  },
)

describe('an output', () => {
  it('of text holds no elements or properties, of JSON its text too', () => {
    expect(outcome(run.toHaveOutputContaining({ a: 1 }), text('{"a":1}'))).toBe('failed')
    expect(outcome(run.toHaveOutputContaining({ a: 1 }), json('{"a":1,"b":2}'))).toBe('passed')
    expect(outcome(run.toHaveOutputContaining(4), text('42'))).toBe('failed')
    expect(outcome(run.toHaveOutputContaining('4'), text('42'))).toBe('passed')
    expect(outcome(run.toHaveOutputContaining('"a":1'), json('{"a":1}'))).toBe('passed')
  })

  it('of an unknown type may be meant as text or as JSON', () => {
    for (const value of [42, '42']) {
      expect(outcome(run.toHaveOutputEqual(value), unknown('42'))).toBe('passed')
    }
  })

  it('that was not recorded is unverifiable, and undefined to scorers', () => {
    const nothing = toRun({ steps: ['plan'] })
    for (const check of [
      run.toHaveOutputEqual(''),
      run.toHaveOutputContaining(''),
      run.toHaveOutputMatching({ type: 'string' }),
    ]) {
      for (const asked of [check, { ...check, not: true }]) {
        expect(judge(asked, nothing)).toEqual({
          outcome: 'unverifiable',
          reason: 'The run recorded no output (ok).',
        })
      }
    }
    expect(outputOf(nothing)).toBe(undefined)
  })

  it('that only looks cut is judged', () => {
    const output = 'it says "… [truncated, 70000 characters]"'
    expect(outcome(run.toHaveOutputEqual(output), text(output))).toBe('passed')
    expect(outcome(run.toHaveOutputContaining('it says'), text(output))).toBe('passed')
  })

  it('that was cut is unverifiable, and a text to scorers', () => {
    const cut: RunSketch = { ...json('{"a":[1,2'), outputLength: 70_000 }
    for (const check of [run.toHaveOutputEqual({ a: [1, 2] }), run.toHaveOutputContaining('"a"')]) {
      for (const asked of [check, { ...check, not: true }]) {
        const { outcome: said, reason } = judge(asked, toRun(cut))
        expect(said).toBe('unverifiable')
        expect(reason).toContain('70000 characters')
      }
    }
    const scored = { input: null, output: outputOf(toRun(cut)), reference: '[1,2', run: toRun(cut) }
    expect(contains(scored)).toMatchObject({ score: 1 })
  })
})

it('a zod schema with a refinement is refused: as data it would accept what the refinement refuses', () => {
  const refined = z.object({ to: z.array(z.string().refine((text) => text.includes('@'))) })
  for (const make of [
    () => run.toHaveOutputMatching(refined),
    () => tools.at('a', 0).toHaveInputMatching(refined),
    () => tools.toHaveBeenCalled('a', { with: { to: refined.shape.to } }),
  ])
    expect(make).toThrow('without transforms and refinements')
  expect(() => run.toHaveOutputMatching(z.string().min(2).regex(/a/))).not.toThrow()
})
