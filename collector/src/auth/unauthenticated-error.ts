import { WeirError } from '@weir/config'
/** A request without a key that is valid. Not to be repeated: HTTP 401, gRPC UNAUTHENTICATED. */
export class UnauthenticatedError extends WeirError {
  override readonly code = 'UNAUTHENTICATED'
}
