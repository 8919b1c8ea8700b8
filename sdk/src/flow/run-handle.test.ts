import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { z } from 'zod'
import { FlowValidationError, flow, UsageError } from '../index.ts'
import { readAll, record } from '../testing.ts'

const count = flow('count', { chunk: z.object({ n: z.number() }) }, async (to: number, context) => {
  for (let n = 1; n <= to; n++) {
    await flow.step('count', () => n)
    context.emit({ n })
  }
  return 'done'
})

describe('a started run', () => {
  it('gives its chunks to every reader, its steps and its result', async () => {
    await using recording = record()
    const run = count.start(3)
    expectTypeOf(run.result).toEqualTypeOf<Promise<string>>()
    const [first, second] = await Promise.all([readAll(run), readAll(run)])
    expectTypeOf(first).toEqualTypeOf<{ n: number }[]>()
    expect(first).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(second).toEqual(first)
    expect(await run.result).toBe('done')
    expect(run.steps()).toMatchObject([
      { label: 'count', index: 0, status: 'ok', output: 1 },
      { label: 'count', index: 1, status: 'ok', output: 2 },
      { label: 'count', index: 2, status: 'ok', output: 3 },
    ])
    expect(recording.only('count', 'flow').attributes['weir.run.id']).toBe(run.id)
  })

  it('can be cancelled: its steps stop, its readers hear of it, and nobody has to', async () => {
    await using recording = record()
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const endless = flow('endless', () => flow.step('wait', () => new Promise<never>(() => {})))
    const run = endless.start()
    run.cancel('enough')
    await expect(readAll(run)).rejects.toBe('enough')
    await expect(run.result).rejects.toBe('enough')
    expect(run.steps()).toMatchObject([{ label: 'wait', status: 'cancelled' }])
    expect(recording.only('endless').attributes['weir.run.status']).toBe('cancelled')
    endless.start().cancel()
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('gives what emit was called with, taken out of the context', async () => {
    const run = flow('greet', (_: undefined, { emit }) => emit('hello')).start()
    expect(await readAll(run)).toEqual(['hello'])
  })

  it('streams what flow.stream reads', async () => {
    await using recording = record()
    const write = flow('write', () =>
      flow.stream('draft', async function* () {
        yield 'a'
        yield 'b'
      }),
    )
    const run = write.start()
    expect(await readAll(run)).toEqual(['a', 'b'])
    expect(await run.result).toBe('ab')
    expect(recording.only('draft').attributes['output.value']).toBe('ab')
    expect(await flow.stream('numbers', [1, 2])).toEqual([1, 2])
    await expect(flow.stream('none', 5 as never)).rejects.toThrow(
      'stream "none": expected an iterable or an async iterable, got 5 (number)',
    )
  })

  it('reads an output that is a stream, and knows how long steps took where nothing is recorded', async () => {
    const tell = flow('tell', async function* () {
      yield await flow.step('first', () => new Promise((resolve) => setTimeout(resolve, 20, 'a')))
      yield 'b'
    })
    const run = tell.start()
    expect(await readAll(run)).toEqual(['a', 'b'])
    expect(run.steps()[0]!.duration).toBeGreaterThanOrEqual(19)
  })

  it('a chunk of flow.stream is checked, too', async () => {
    const chunk = z.string().transform((text) => text.toUpperCase())
    const write = flow('write', { chunk }, () => flow.stream('draft', ['a', 5 as never]))
    const run = write.start()
    const read: unknown[] = []
    await expect(
      (async () => {
        for await (const one of run) read.push(one)
      })(),
    ).rejects.toThrow('The chunk of flow "write" does not match')
    expect(read).toEqual(['A'])
  })

  it('a chunk that does not match is refused where it is emitted', async () => {
    const wrong = flow('wrong', { chunk: z.string() }, (_: undefined, context) => context.emit(5 as never))
    await expect(wrong.run()).rejects.toThrow(FlowValidationError)
    await expect(wrong.run()).rejects.toThrow('The chunk of flow "wrong" does not match its schema')
  })

  it('cannot be changed, and neither can a flow', () => {
    const run = count.start(0)
    expect(() => Object.assign(run, { id: 'x' })).toThrow(TypeError)
    expect(() => Object.assign(count, { run: 'x' })).toThrow(TypeError)
    expect(() => count.start(1, { timeout: 'x' as never })).toThrow(UsageError)
    expect(() => count.start(1, { sesion: 'x' } as never)).toThrow('run options: unknown option "sesion"')
    expect(() => flow('x', { inputs: 1 } as never, () => 1)).toThrow(
      'options of flow "x": unknown option "inputs"',
    )
  })
})

it('hooks hear what becomes of a run, and cannot harm it', async () => {
  const said = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const heard: unknown[] = []
  const on = {
    started: ({ flow }: { flow: string }) => heard.push(['started', flow]),
    stepFailed: ({ step }: { step: string }) => heard.push(['stepFailed', step]),
    completed: ({ output }: { output: unknown }) => {
      heard.push(['completed', output])
      throw new Error('of the hook')
    },
    failed: ({ error, cancelled }: { error: unknown; cancelled: boolean }) =>
      heard.push(['failed', error, cancelled]),
    finished: () => Promise.reject(new Error('later')),
  }
  const hooked = flow('hooked', { on }, (fails: boolean) =>
    flow.step('s', () => {
      if (fails) throw 'no'
      return 1
    }),
  )
  expect(await hooked.run(false)).toBe(1)
  await expect(hooked.run(true)).rejects.toBe('no')
  expect(heard).toEqual([
    ['started', 'hooked'],
    ['completed', 1],
    ['started', 'hooked'],
    ['stepFailed', 's'],
    ['failed', 'no', false],
  ])
  expect(said.mock.calls.flat()[0]).toBe('weir: a hook of flow "hooked" failed: Error: of the hook')
  said.mockRestore()
})
