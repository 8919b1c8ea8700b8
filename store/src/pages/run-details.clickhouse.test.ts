import { expect, test } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { execute } from '../store.ts'
import { hex, insertSpans, later, span, useStore } from '../testing.ts'
import { MAX_DETAIL_BYTES } from './run-details.ts'
import { getRunRecords } from './run-records.ts'

const store = useStore()
const settle = () => settleQuiet(store(), { quietMs: 0, now: later() })
const detailed = async (trace: string) =>
  (await getRunRecords(store(), { runIds: [hex(trace)], details: true }))[0]!

const text = (value: string) => ({
  input: value,
  input_type: 'text',
  output: `${value}!`,
  output_type: 'text',
})

test('steps and calls have what they took, gave and used if it is asked for', async () => {
  const usage = { model: 'gpt', provider: 'openai', input_tokens: 9, output_tokens: 3, cost: 0.5 }
  const nested = span('flow', 'inner', 50, 5, span('model', 'chat', 51, 2, usage))
  await insertSpans(
    store(),
    'values',
    span(
      'flow',
      'valued',
      0,
      100,
      text('run'),
      span(
        'step',
        'a',
        5,
        50,
        text('a'),
        nested,
        span('step', 'b', 6, 20, span('model', 'chat', 7, 9, usage)),
      ),
      span('tool', 'send', 60, 5, {
        ...{ input: '{"to":', input_type: 'json', input_length: 900 },
        ...{ status: 'error', error_type: 'Oops', error_message: 'no mail' },
      }),
    ),
  )
  await settle()
  const [plain] = await getRunRecords(store(), { runIds: [hex('values')] })
  expect([...plain!.steps, ...plain!.calls].filter(({ detail }) => detail !== undefined)).toEqual([])
  const { steps, calls } = await detailed('values')
  expect(steps).toMatchObject([
    {
      name: 'a',
      detail: { input: 'a', output: 'a!', outputType: 'text', usage: { inputTokens: 9, cost: 0.5 } },
    },
    { name: 'b', detail: { outputType: '', usage: { inputTokens: 9, cost: 0.5 } } },
  ])
  expect(calls).toMatchObject([
    { name: 'gpt', detail: { usage: { outputTokens: 3 }, unreadBytes: 0 } },
    {
      name: 'send',
      detail: { input: '{"to":', inputLength: 900, errorType: 'Oops', errorMessage: 'no mail' },
    },
  ])
})

test('values beyond a limit are left unread, and say so', async () => {
  const large = text('x'.repeat(MAX_DETAIL_BYTES / 4))
  const steps = ['a', 'b', 'c'].map((name, at) => span('step', name, at, 1, at < 2 ? large : text('c')))
  await insertSpans(store(), 'large', span('flow', 'large', 0, 100, ...steps))
  await settle()
  const lengths = (await detailed('large')).steps.map(({ name, detail }) => [
    name,
    detail!.input.length,
    detail!.unreadBytes,
  ])
  expect(lengths).toEqual([
    ['a', MAX_DETAIL_BYTES / 4, 0],
    ['b', 0, MAX_DETAIL_BYTES / 2 + 1],
    ['c', 1, 0],
  ])
})

test('a record whose spans have changed since it settled, or were removed, has no details', async () => {
  await insertSpans(store(), 'late', span('flow', 'late', 0, 100, span('step', 'a', 5, 5, text('a'))))
  await settle()
  expect((await detailed('late')).steps[0]!.detail?.output).toBe('a!')
  await insertSpans(
    store(),
    'late',
    span('flow', 'late', 0, 100, span('step', 'b', 1, 5, { span_id: 'new' })),
  )
  expect((await detailed('late')).steps).toMatchObject([{ name: 'a' }])
  expect((await detailed('late')).steps[0]!.detail).toBeUndefined()
  await settle()
  expect((await detailed('late')).steps.map(({ detail }) => detail?.output)).toEqual(['', 'a!'])
  await execute(store(), `DELETE FROM spans WHERE trace_id = 'late____________'`)
  expect((await detailed('late')).steps.map(({ detail }) => detail)).toEqual([undefined, undefined])
})

test('a child run tells what all runs below it recorded, however deep they are nested', async () => {
  const nested = (depth: number): ReturnType<typeof span> =>
    depth === 0
      ? span('tool', "it's", 1, 1, { cost: 0.5 })
      : span('flow', `f${depth}`, 0, 100, { span_id: `n${depth}`, cost: 0 }, nested(depth - 1))
  await insertSpans(store(), 'nested', span('flow', 'top', 0, 100, span('step', 'a', 0, 50, nested(12))))
  await settle()
  const { children } = await detailed('nested')
  expect(children).toMatchObject([
    {
      flow: 'f12',
      contents: [
        // The innermost flow declares no steps.
        { kind: 'step', name: "it's" },
        { kind: 'tool', name: "it's" },
      ],
      cost: 0.5,
    },
  ])
})
