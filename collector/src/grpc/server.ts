import { promisify } from 'node:util'
import { type Metadata, Server, ServerCredentials } from '@grpc/grpc-js'
import type { Ingest } from '../ingest.ts'
import { Admission } from './admission.ts'
import { EXPORT_METHOD, exportHandler, type Log } from './trace-service.ts'

export interface GrpcServerOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  readonly ingest: Ingest
  readonly authorise: (metadata: Metadata) => Promise<string>
  readonly observe: (status: string, seconds: number) => void
  readonly log: Log
}

export interface GrpcServer {
  readonly port: number
  /** Takes no new calls, answers those that are open, and cuts off what is left after `timeout` milliseconds. */
  close(timeout: number): Promise<void>
}

/** The port of OTLP/gRPC cannot be bound. */
export class GrpcPortError extends Error {
  readonly code = 'PORT_IN_USE'
  override readonly name = 'GrpcPortError'
}

const CHANNEL_OPTIONS = {
  'grpc.max_concurrent_streams': 100,
  // A client that went without a word is noticed, and its connection closed.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // Megabytes of headers and frames of one connection, apart from messages; the library's own default is no limit.
  'grpc-node.max_session_memory': 10,
  'grpc.enable_channelz': 0,
}

/**
 * OTLP/gRPC (opentelemetry.io/docs/specs/otlp/#otlpgrpc): one unary method, whose message stays bytes for the decoder
 * that HTTP has too. gzip, deflate or none.
 * @throws GrpcPortError where the port cannot be bound
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { host, ingest, authorise, observe, log } = options
  const admission = new Admission({ budget: ingest.budget, authorise, observe })
  const server = new Server({
    ...CHANNEL_OPTIONS,
    'grpc.max_receive_message_length': ingest.maxBodyBytes,
    interceptors: [admission.interceptor],
  })
  const identity = (bytes: Buffer) => bytes
  server.register(EXPORT_METHOD, exportHandler(ingest, admission, log), identity, identity, 'unary')
  const port = await bind(server, host, options.port)
  return { port, close: (timeout) => close(server, timeout) }
}

async function bind(server: Server, host: string, port: number): Promise<number> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const bindAsync = promisify(server.bindAsync).bind(server)
  try {
    return await bindAsync(address, ServerCredentials.createInsecure())
  } catch (cause) {
    const reason = (cause as Error).message
    throw new GrpcPortError(
      `OTLP/gRPC cannot listen at ${address}: ${reason}. Stop what uses the port, or set WEIR_OTLP_GRPC_PORT`,
      { cause },
    )
  }
}

async function close(server: Server, timeout: number): Promise<void> {
  const cut = setTimeout(() => server.forceShutdown(), timeout)
  await promisify(server.tryShutdown).call(server)
  clearTimeout(cut)
}
