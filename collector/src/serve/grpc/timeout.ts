import { Refusal } from '../../refusal.ts'

/** Milliseconds that any call may take. */
const MAX_TIMEOUT = 60_000

const MILLISECONDS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

/**
 * Milliseconds until a call's deadline (github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests).
 * @throws Refusal where the header says nothing that could be understood
 */
export function timeoutOf(header: string | string[] | undefined): number {
  if (header === undefined) return MAX_TIMEOUT
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(header)) ?? []
  if (digits === undefined || unit === undefined)
    throw new Refusal('protocol', `grpc-timeout is "${header}", expected up to 8 digits and a unit of HMSmun`)
  return Math.min(Number(digits) * MILLISECONDS[unit]!, MAX_TIMEOUT)
}
