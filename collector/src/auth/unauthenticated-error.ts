/** A request without a key that is valid. Not to be repeated: HTTP 401, gRPC UNAUTHENTICATED. */
export class UnauthenticatedError extends Error {
  readonly code = 'WEIR_UNAUTHENTICATED'
  override readonly name = 'UnauthenticatedError'
}
