import { setTimeout as sleep } from 'node:timers/promises'
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'

/** An order desk with no model in it: what any instrumented service looks like. */
export interface OrderDesk {
  readonly tracer: Tracer
  readonly random: () => number
  readonly speed: number
}

export async function placeOrder(desk: OrderDesk, order: { id: string; items: number }): Promise<void> {
  const { tracer } = desk
  const attributes = { 'http.request.method': 'POST', 'http.route': '/orders', 'order.items': order.items }
  await tracer.startActiveSpan('POST /orders', { kind: SpanKind.SERVER, attributes }, async (span) => {
    try {
      await unit(desk, 'validate order', SpanKind.INTERNAL, 5)
      await unit(desk, 'reserve stock', SpanKind.CLIENT, 40, { 'db.system.name': 'postgresql' })
      await charge(desk)
      await unit(desk, 'send confirmation', SpanKind.PRODUCER, 15, { 'messaging.system': 'kafka' })
      span.setAttribute('http.response.status_code', 201)
    } catch (error) {
      span.setAttribute('http.response.status_code', 502)
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message })
    } finally {
      span.end()
    }
  })
}

async function charge(desk: OrderDesk): Promise<void> {
  await unit(desk, 'charge card', SpanKind.CLIENT, 180, { 'server.address': 'payments.example' }, () => {
    if (desk.random() < 0.03) throw new Error('payments.example answered 503')
  })
}

async function unit(
  { tracer, random, speed }: OrderDesk,
  name: string,
  kind: SpanKind,
  medianMs: number,
  attributes: Record<string, string> = {},
  work: () => void = () => {},
): Promise<void> {
  await tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      await sleep((medianMs * (0.7 + 0.6 * random())) / speed)
      work()
    } catch (error) {
      span.recordException(error as Error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message })
      throw error
    } finally {
      span.end()
    }
  })
}
