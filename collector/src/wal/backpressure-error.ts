import { WeirError } from '@weir/config'
/** The log cannot take spans now. Senders keep them and try again. */
export class BackpressureError extends WeirError {
  override readonly code = 'BACKPRESSURE'
}
