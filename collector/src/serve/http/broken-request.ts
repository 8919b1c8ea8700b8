import type { IncomingMessage } from 'node:http'
import type { Refusal } from '../../refusal.ts'

/** Emitted with a Refusal on a request whose connection still takes an answer, but no more of the request. */
export const BROKEN: unique symbol = Symbol('broken')

const refusals = new WeakMap<IncomingMessage, Refusal>()

/** The rest of the request cannot be read: whoever reads it, now or later, is told. */
export function breakRequest(request: IncomingMessage, refusal: Refusal): void {
  refusals.set(request, refusal)
  request.emit(BROKEN, refusal)
}

export function brokenBy(request: IncomingMessage): Refusal | undefined {
  return refusals.get(request)
}
