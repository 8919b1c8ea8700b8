import { WeirError } from '@weir/config'
/** The request body is not what its encoding promises; answered with 400, nothing of it is kept. */
export class DecodeError extends WeirError {
  override readonly code = 'UNDECODABLE'
}
