import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flow, signal } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { serve } from './serve.ts'

const json = { 'content-type': 'application/json' }

describe('a flow with a store', () => {
  const approval = signal('approval', z.object({ by: z.string().min(1) }))
  const pay = flow('pay', { store: memoryStore(), signals: [approval] }, async (amount: number) => {
    await flow.step('reserve', () => amount)
    const { by } = await flow.wait(approval, { key: 'first' })
    return `${amount} by ${by}`
  })
  const handler = serve({ pay }, { authorize: () => ({ user: 'ada' }) })
  const call = async (method: string, path: string, body?: object) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: json }
    const response = await handler(new Request(`http://x${path}`, { method, ...init }))
    return [response.status, await response.json()]
  }

  it('is suspended, takes its signals, and ends without its caller', async () => {
    const order = { input: 5, idempotencyKey: 'order 1' }
    const [status, started] = await call('POST', '/flows/pay', order)
    const { runId } = started as { runId: string }
    expect([status, started]).toEqual([202, { runId, status: 'suspended' }])
    const path = `/runs/${encodeURIComponent(runId)}`
    expect(await call('GET', path)).toEqual([
      200,
      {
        runId,
        flow: 'pay',
        status: 'suspended',
        waitingFor: [{ signal: 'approval', key: 'first' }],
        steps: [{ label: 'reserve', index: 0, status: 'ok' }],
      },
    ])
    const send = (body: object, name = 'approval') => call('POST', `${path}/signals/${name}`, body)
    expect((await send({ value: { by: '' } }))[0]).toBe(400)
    expect((await send({ value: { by: 'Ada' } }, 'other'))[0]).toBe(404)
    expect((await send({ value: { by: 'Ada' }, key: 7 }))[0]).toBe(400)
    expect(await send({ value: { by: 'Ada' }, key: 'first' })).toEqual([202, { runId, signal: 'approval' }])
    expect(await call('POST', '/flows/pay', order)).toEqual([200, { runId, output: '5 by Ada' }])
    expect((await send({ value: { by: 'Ada' }, key: 'first' }))[0]).toBe(409)
    expect(await call('GET', path)).toMatchObject([200, { status: 'ok' }])
  })

  it('is nobody’s but its user’s: neither its run nor its key', async () => {
    let user = 'ada'
    const shared = serve({ pay }, { authorize: () => ({ user }) })
    const ask = async (method: string, path: string, body?: object) => {
      const init = body === undefined ? {} : { body: JSON.stringify(body), headers: json }
      const response = await shared(new Request(`http://x${path}`, { method, ...init }))
      return [response.status, await response.json()] as [number, { runId: string }]
    }
    const order = { input: 7, idempotencyKey: 'mine' }
    const [, { runId }] = await ask('POST', '/flows/pay', order)
    user = 'eve'
    const path = `/runs/${encodeURIComponent(runId)}`
    expect((await ask('GET', path))[0]).toBe(404)
    expect((await ask('DELETE', path))[0]).toBe(404)
    expect((await ask('POST', `${path}/signals/approval`, { value: { by: 'Eve' }, key: 'first' }))[0]).toBe(
      404,
    )
    const [, other] = await ask('POST', '/flows/pay', order)
    expect(other.runId).not.toBe(runId)
    user = 'ada'
    expect((await ask('POST', '/flows/pay', order))[1].runId).toBe(runId)
  })

  it('lists its signals, and can be cancelled', async () => {
    const [, list] = await call('GET', '/flows')
    expect(list).toMatchObject({
      flows: [{ name: 'pay', signals: [{ name: 'approval', value: { type: 'object' } }] }],
    })
    const [, { runId }] = (await call('POST', '/flows/pay', { input: 1 })) as [number, { runId: string }]
    await call('DELETE', `/runs/${runId}`)
    await expect.poll(() => call('GET', `/runs/${runId}`)).toMatchObject([200, { status: 'cancelled' }])
  })
})
