/** The log cannot take spans now. Senders keep them and try again. */
export class BackpressureError extends Error {
  readonly code = 'WEIR_BACKPRESSURE'
  override readonly name = 'BackpressureError'
}
