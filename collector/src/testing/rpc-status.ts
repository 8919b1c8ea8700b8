import type { RawResponse } from './raw-http.ts'

/** A google.rpc.Status without details. */
export interface RpcStatus {
  readonly code: number
  readonly message: string
}

/** What an error's body says. @throws Error where it is none in the encoding that its type names */
export function rpcStatusOf({ headers, body }: Pick<RawResponse, 'headers' | 'body'>): RpcStatus {
  if (headers['content-type'] === 'application/json') return JSON.parse(body.toString()) as RpcStatus
  if (headers['content-type'] !== 'application/x-protobuf') throw new Error(`type ${headers['content-type']}`)
  // Field 1, a varint below 128, then field 2, a text.
  if (body[0] !== 0x08 || body[1]! > 127 || body[2] !== 0x12)
    throw new Error(`no Status: ${body.toString('hex')}`)
  const long = body[3]! > 127
  const length = long ? (body[3]! & 127) | (body[4]! << 7) : body[3]!
  const message = body.subarray(long ? 5 : 4)
  if (message.length !== length) throw new Error(`a message of ${length} bytes has ${message.length}`)
  return { code: body[1]!, message: message.toString() }
}
