import { WeirError } from '@weir/config'
/** A request is more than the collector takes at once; answered with 413, nothing of it is kept. */
export class OversizeError extends WeirError {
  override readonly code = 'OVERSIZE'
}
