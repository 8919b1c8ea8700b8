import { parseExact, stringifyExact } from '@weir/store/text'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toRun } from '../testing.ts'
import { describeCheck, judge, needsDetails, parseChecks, parseCode } from './judge.ts'
import { steps, tools } from './matchers.ts'
import { countPairs } from './pairing.ts'
import { exactly, fits, matching, patternText, toPattern } from './pattern.ts'

describe('a pattern', () => {
  const mail = { to: 'ann@example.com', tags: ['a', 'b'], size: { kb: 4 }, id: 9_007_199_254_740_993n }

  it.each<[unknown, boolean]>([
    [{}, true],
    [{ to: /@example\.com$/ }, true],
    [{ to: /@EXAMPLE/i, size: { kb: 4 } }, true],
    [{ to: /@other/ }, false],
    [{ to: 'ann@example.com' }, true],
    [{ to: 'ann' }, false],
    [{ cc: null }, false],
    [{ tags: ['a', /b/] }, true],
    [{ tags: ['a'] }, false],
    [{ size: exactly({ kb: 4 }) }, true],
    [exactly({ to: 'ann@example.com' }), false],
    [
      exactly({
        ...{ to: 'ann@example.com', tags: ['a', 'b'], size: { kb: 4 } },
        id: 9_007_199_254_740_993n,
      }),
      true,
    ],
    [{ id: 9_007_199_254_740_993n }, true],
    [{ id: 9_007_199_254_740_992n }, false],
    [{ size: z.object({ kb: z.number().max(5) }) }, true],
    [{ size: z.object({ kb: z.number().max(3) }) }, false],
    [{ size: matching({ type: 'object', required: ['kb'] }) }, true],
    [z.looseObject({ to: z.email() }), true],
    [{ size: { kb: (value: unknown) => value === 4 } }, true],
    [(value: unknown) => value === mail, true],
    [/ann/, false],
    [null, false],
  ])('%o', (wanted, expected) => {
    expect(fits(toPattern(wanted), mail)).toBe(expected)
  })

  it('keeps no place in a text', () => {
    const wanted = toPattern(/a/g)
    expect([fits(wanted, 'a'), fits(wanted, 'a')]).toEqual([true, true])
  })

  it('is written as it was, in the name of its check', () => {
    const written = {
      to: /@example/i,
      tags: ['a', exactly({ b: 1 })],
      'two words': matching({ type: 'string' }),
      n: 1,
    }
    expect(patternText(toPattern(written))).toBe(
      '{ to: /@example/i, tags: ["a", exactly({"b":1})], "two words": matching({"type":"string"}), n: 1 }',
    )
    expect(describeCheck(tools.toHaveBeenCalled('send_email', { with: { to: /@example/ }, times: 1 }))).toBe(
      `tools.toHaveBeenCalled('send_email', { with: { to: /@example/ }, times: 1 })`,
    )
    expect(describeCheck(tools.toHaveTrajectory(['a', { name: 'b', with: { q: 'x' } }], 'unordered'))).toBe(
      `tools.toHaveTrajectory(['a', { name: 'b', with: { q: "x" } }], 'unordered')`,
    )
  })

  it('refuses what is no value and no pattern', () => {
    const loop: Record<string, unknown> = {}
    loop.self = loop
    expect(() => toPattern({ to: undefined })).toThrow('Expected a JSON value, got undefined')
    expect(() => toPattern(Number.NaN)).toThrow('NaN')
    expect(() => toPattern(loop)).toThrow('a value that contains itself')
    expect(() => parseChecks([{ ...tools.toHaveBeenCalled('a'), with: { finds: '(', flags: '' } }])).toThrow(
      'with',
    )
  })
})

describe('a function in a pattern', () => {
  const isMail = ({ to }: { to: string }): boolean => to.includes('@')
  const check = tools.toHaveBeenCalled('send_email', { with: isMail as never })
  const run = (to: unknown) =>
    toRun({
      tools: [{ name: 'send_email', detail: { input: JSON.stringify({ to }), inputType: 'json' } }],
    })

  it('judges where checks are code', () => {
    const [parsed] = parseCode([check])
    expect(judge(parsed!, run('a@b')).outcome).toBe('passed')
    expect(judge(parsed!, run('nobody')).outcome).toBe('failed')
    expect(describeCheck(check)).toBe(`tools.toHaveBeenCalled('send_email', { with: isMail })`)
  })

  it('is refused where checks are stored', () => {
    const message =
      "tools.toHaveBeenCalled('send_email', { with: isMail }) has a function, and a check is data, so that it can be stored"
    expect(() => parseChecks([check])).toThrow(message)
    const trajectory = tools.toHaveTrajectory([{ name: 'a', with: { b: [isMail] } }])
    expect(() => parseChecks([trajectory])).toThrow('has a function')
    // What JSON leaves of it is no check.
    expect(() => parseChecks(JSON.parse(JSON.stringify([check])))).toThrow('Expected a list of checks')
  })

  it('that throws, or gives no answer, passes nothing', () => {
    const answers = [() => Promise.resolve(true), () => 1, () => undefined, () => isMail(null as never)]
    for (const answer of answers) {
      const asked = { with: answer }
      for (const of of [
        tools.toHaveBeenCalled('send_email', asked),
        tools.not.toHaveBeenCalled('send_email', asked),
      ])
        expect(judge(of, run('a@b'))).toEqual({
          outcome: 'unverifiable',
          reason: expect.stringContaining('Could not be judged'),
        })
    }
  })
})

it('options that a matcher does not have are refused: a misspelt one would ask for nothing', () => {
  expect(() => tools.toHaveBeenCalled('a', { time: 1 } as never)).toThrow(
    'Expected options among times, atLeast, atMost, with, got "time".',
  )
  expect(() => steps.toHaveOrder('a', 'b', { stric: true } as never)).toThrow('got "stric"')
  expect(() => steps.toHaveRun('a', { times: 1, atMost: 2 })).toThrow('got both')
  expect(() => steps.toHaveRun('a', { atLeast: 3, atMost: 2 })).toThrow('got 3 and 2')
  expect(() => steps.toHaveRun('a', { atLeast: 0 })).toThrow('that asks for nothing')
  expect(() => tools.toHaveTrajectory([], 'superset')).toThrow('that asks for nothing')
  expect(() => tools.toHaveTrajectory([{ name: 'a' } as never])).toThrow('a name with an input')
  expect(() => tools.every('a').toUseAtMost({})).toThrow('got none')
  expect(() => tools.every('a').toCostAtMost('2 cents')).toThrow(`such as 0.02 or '$0.02', got "2 cents"`)
  expect(tools.every('a').toCostAtMost('$0.02')).toMatchObject({ atMost: 0.02 })
})

it('what reads details of steps and calls says so', () => {
  const reading = [
    tools.toHaveBeenCalled('a', { with: {} }),
    tools.toHaveTrajectory([{ name: 'a', with: {} }]),
    steps.at('a', 0).toHaveOutputEqual(1),
    steps.every('a').toCostAtMost(1),
    steps.every('a').toHaveFailedWith('x'),
  ]
  const others = [
    tools.toHaveBeenCalled('a'),
    tools.toHaveTrajectory(['a']),
    steps.every('a').toBePrecededBy('b'),
  ]
  expect(reading.map(needsDetails)).toEqual(reading.map(() => true))
  expect(others.map(needsDetails)).toEqual(others.map(() => false))
  for (const check of reading) {
    expect(judge(check, toRun({ steps: ['a'], tools: ['a'] })).outcome).not.toBe('passed')
    expect(parseChecks(parseExact(stringifyExact([check])!))).toEqual([check])
  }
})

const json = fc.json({ maxDepth: 4 }).map((text) => parseExact(text))

it('every value fits the pattern that it is, in data too', () => {
  fc.assert(
    fc.property(json, (value) => {
      const wanted = toPattern(value)
      expect(fits(wanted, value)).toBe(true)
      expect(fits(parseExact(stringifyExact(wanted)!) as never, value)).toBe(true)
      expect(fits(toPattern(exactly(value)), value)).toBe(true)
    }),
  )
})

it('as many are paired as trying all finds', () => {
  const most = (edges: readonly boolean[][], taken: ReadonlySet<number> = new Set()): number => {
    const [first, ...rest] = edges
    if (first === undefined) return 0
    const free = first.flatMap((isEdge, at) => (isEdge && !taken.has(at) ? [at] : []))
    return Math.max(most(rest, taken), ...free.map((at) => 1 + most(rest, new Set([...taken, at]))))
  }
  const edges = fc.array(fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), { maxLength: 5 })
  fc.assert(
    fc.property(edges, (rows) => {
      const paired = countPairs([...rows.keys()], [0, 1, 2, 3, 4], (row, at) => rows[row]![at]!)
      expect(paired).toBe(most(rows))
    }),
  )
})
