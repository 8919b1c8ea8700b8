/** True for an id of the right length that is not all zeros (opentelemetry.io/docs/specs/otel/trace/api/#spancontext). */
export function isValidId(bytes: Buffer, start: number, end: number, size: number): boolean {
  if (end - start !== size) return false
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return true
  return false
}
