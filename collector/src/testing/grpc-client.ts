import {
  type ChannelOptions,
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'
import { BYTES, WireReader } from '@weir/dialects'
import { EXPORT_METHOD } from '../serve/signals.ts'

/** How a call ended: with a response, or with a status that is not OK. */
export interface Answer {
  readonly response?: Buffer
  readonly error?: ServiceError
}

export interface ExportCall {
  readonly gzip?: boolean
  /** Lets the library repeat the call where it is unavailable, after 10 ms unless the answer says otherwise. */
  readonly repeats?: boolean
  readonly method?: string
  readonly authorization?: string
  readonly apiKey?: string
}

/** A connection of a plain gRPC client, whose messages are bytes as they are. */
export class GrpcClient {
  readonly #clients: Readonly<Record<'plain' | 'gzip' | 'repeating', Client>>

  constructor(port: number) {
    const open = (options: ChannelOptions) =>
      new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options)
    this.#clients = {
      plain: open({}),
      gzip: open({ 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }),
      repeating: open({ 'grpc.service_config': JSON.stringify(REPEATING) }),
    }
  }

  export(message: Buffer, call: ExportCall = {}): Promise<Answer> {
    const { gzip, repeats, method = EXPORT_METHOD, authorization, apiKey } = call
    const client = this.#clients[gzip ? 'gzip' : repeats ? 'repeating' : 'plain']
    const identity = (bytes: Buffer) => bytes
    const metadata = new Metadata()
    if (authorization !== undefined) metadata.set('authorization', authorization)
    if (apiKey !== undefined) metadata.set('x-api-key', apiKey)
    return new Promise((resolve) => {
      client.makeUnaryRequest(method, identity, identity, message, metadata, (error, response) =>
        resolve(error === null ? { response: response! } : { error }),
      )
    })
  }

  close(): void {
    for (const client of Object.values(this.#clients)) client.close()
  }
}

/** github.com/grpc/grpc/blob/master/doc/service_config.md */
const REPEATING = {
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 5,
        initialBackoff: '0.01s',
        maxBackoff: '0.01s',
        backoffMultiplier: 1,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
}

/** Milliseconds after which an error's RetryInfo says to come again; undefined without one. */
export function retryDelay(error: ServiceError | undefined): number | undefined {
  const [details] = error?.metadata.get('grpc-status-details-bin') ?? []
  if (!(details instanceof Buffer)) return undefined
  const any = fieldsOf(details).get(3)
  if (!(any instanceof Buffer)) return undefined
  const [type, value] = [fieldsOf(any).get(1), fieldsOf(any).get(2)]
  if (String(type) !== 'type.googleapis.com/google.rpc.RetryInfo' || !(value instanceof Buffer))
    return undefined
  const delay = fieldsOf(fieldsOf(value).get(1) as Buffer)
  return Number(delay.get(1) ?? 0) * 1000 + Number(delay.get(2) ?? 0) / 1e6
}

/** The last value of each field of a message. */
export function fieldsOf(bytes: Buffer): Map<number, Buffer | number> {
  const fields = new Map<number, Buffer | number>()
  const reader = new WireReader(bytes)
  while (reader.next()) {
    if (reader.wire === BYTES) {
      const end = reader.delimited()
      fields.set(reader.field, bytes.subarray(reader.pos, end))
      reader.pos = end
    } else fields.set(reader.field, reader.uint32())
  }
  return fields
}

/** A length-prefixed message, github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export function framed(message: Buffer, flag: number = 0, length: number = message.length): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt8(flag)
  prefix.writeUInt32BE(length, 1)
  return Buffer.concat([prefix, message])
}
