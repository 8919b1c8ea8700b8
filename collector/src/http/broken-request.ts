import type { IncomingMessage } from 'node:http'
import type { HttpError } from './http-error.ts'

/** Emitted with an HttpError on a request whose connection still takes an answer, but no more of the request. */
export const BROKEN: unique symbol = Symbol('broken')

const errors = new WeakMap<IncomingMessage, HttpError>()

/** The rest of the request cannot be read: whoever reads it, now or later, is told. */
export function breakRequest(request: IncomingMessage, error: HttpError): void {
  errors.set(request, error)
  request.emit(BROKEN, error)
}

export function brokenBy(request: IncomingMessage): HttpError | undefined {
  return errors.get(request)
}
