import { describe, expect, it } from 'vitest'
import { flow, traceModel, traceTool, withSession } from '../index.ts'
import { readAll, record } from '../testing.ts'

describe('traceModel', () => {
  it('records the call under the GenAI names', async () => {
    await using recording = record()
    const answer = flow('answer', () =>
      traceModel({ provider: 'acme', model: 'm-1', input: [{ role: 'user', content: 'hi' }] }, (span) => {
        span.setUsage({
          inputTokens: 10,
          outputTokens: 4,
          cachedInputTokens: 2,
          reasoningTokens: 1,
          cost: 0.002,
        })
        span.setResponseModel('m-1-2026')
        return { text: 'hello' }
      }),
    )
    expect(await answer.run()).toEqual({ text: 'hello' })
    const run = recording.only('answer')
    const span = recording.only('chat m-1')
    expect(span.parentSpanContext?.spanId).toBe(run.spanContext().spanId)
    expect(span.attributes).toEqual({
      'weir.kind': 'model',
      'weir.run.id': run.attributes['weir.run.id'],
      'weir.flow.name': 'answer',
      'openinference.span.kind': 'LLM',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'acme',
      'gen_ai.request.model': 'm-1',
      'gen_ai.response.model': 'm-1-2026',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 4,
      'gen_ai.usage.cache_read.input_tokens': 2,
      'gen_ai.usage.reasoning.output_tokens': 1,
      'gen_ai.usage.cost': 0.002,
      'input.value': '[{"role":"user","content":"hi"}]',
      'input.mime_type': 'application/json',
      'output.value': '{"text":"hello"}',
      'output.mime_type': 'application/json',
    })
  })

  it('records of a stream what its reader reads, unless setOutput says what it held', async () => {
    await using recording = record()
    async function* tokens() {
      yield 'a'
      yield 'b'
    }
    const stream = tokens()
    expect(await traceModel({ provider: 'p', model: 'plain' }, () => stream)).toBe(stream)
    expect(recording.named('chat plain')).toEqual([])
    expect(await readAll(stream)).toEqual(['a', 'b'])
    expect(recording.only('chat plain').attributes['output.value']).toBe('ab')

    const late = await traceModel({ name: 'draft', provider: 'p', model: 'm' }, async (span) => {
      const source = tokens()
      return (async function* () {
        yield* source
        span.setOutput('whole text')
        span.setUsage({ outputTokens: 2 })
      })()
    })
    await readAll(late)
    expect(recording.only('draft').attributes).toMatchObject({
      'output.value': 'whole text',
      'gen_ai.usage.output_tokens': 2,
    })
  })

  it('ignores usage that is none, and calls after the end', async () => {
    await using recording = record()
    let late: (() => void) | undefined
    await traceModel({ provider: 'p', model: 'm' }, (span) => {
      late = () => span.setOutput('late')
      span.setUsage({ inputTokens: Number.NaN, cost: 'free' as never })
      span.setUsage(undefined as never)
    })
    late?.()
    expect(Object.keys(recording.only('chat m').attributes).filter((key) => key.includes('usage'))).toEqual(
      [],
    )
  })

  it('records the error of the call and rethrows it', async () => {
    await using recording = record()
    const error = Object.assign(new Error('slow down'), { code: 'rate_limited' })
    await expect(traceModel({ provider: 'p', model: 'm' }, () => Promise.reject(error))).rejects.toBe(error)
    expect(recording.only('chat m').attributes['error.type']).toBe('rate_limited')
  })

  it('needs a provider and a model', async () => {
    await expect(traceModel({ provider: '', model: 'm' }, () => 1)).rejects.toThrow(
      'provider: expected a non-empty',
    )
  })
})

describe('traceTool', () => {
  it('records the call, and the session where there is no run', async () => {
    await using recording = record()
    expect(
      await withSession('s1', () => traceTool({ name: 'weather', input: { city: 'Rome' } }, () => 21)),
    ).toBe(21)
    expect(recording.only('execute_tool weather').attributes).toEqual({
      'weir.kind': 'tool',
      'openinference.span.kind': 'TOOL',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'weather',
      'session.id': 's1',
      'gen_ai.conversation.id': 's1',
      'input.value': '{"city":"Rome"}',
      'input.mime_type': 'application/json',
      'output.value': '21',
      'output.mime_type': 'application/json',
    })
  })
})
