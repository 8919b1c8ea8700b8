import { trace } from '@opentelemetry/api'
import { flow, traceModel } from '@weir/sdk'
import { expect, it } from 'vitest'
import { recordRun } from '../vitest.ts'

it('no usage that a span says of itself makes a sum that is not a number', async () => {
  const spender = flow('spender', async () => {
    for (const cost of [1e308, 1e308, Number.POSITIVE_INFINITY, Number.NaN, -1]) {
      await traceModel({ provider: 'p', model: 'm' }, () => {
        trace.getActiveSpan()?.setAttributes({ 'gen_ai.usage.cost': cost, 'gen_ai.usage.input_tokens': cost })
      })
    }
  })
  const run = await recordRun(spender, undefined)
  expect(run).toMatchObject({ cost: 2e9, inputTokens: 2 * 0xffff_ffff })
})
