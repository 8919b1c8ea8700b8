/** A request is more than the collector takes at once; answered with 413, nothing of it is kept. */
export class OversizeError extends Error {
  readonly code = 'WEIR_OVERSIZE'
  override readonly name = 'OversizeError'
}
