/** The request body is not what its encoding promises; answered with 400, nothing of it is kept. */
export class DecodeError extends Error {
  readonly code = 'WEIR_UNDECODABLE'
  override readonly name = 'DecodeError'
}
