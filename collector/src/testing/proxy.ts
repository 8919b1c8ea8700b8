import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePorts } from '@weir/engines/testing'

/** A TCP proxy in front of a server, to be cut off at will. */
export interface Proxy {
  readonly url: string
  /** Delivers the next request, and cuts the connection instead of the answer. */
  cutNextAnswer(): void
  /** Refuses connections until `open`. */
  shut(): Promise<void>
  open(): Promise<void>
  /** Forwards new connections to another server. */
  forwardTo(target: string): void
}

export async function startProxy(target: string): Promise<Proxy> {
  let { hostname, port: targetPort } = new URL(target)
  const sockets = new Set<Socket>()
  let cuts = 0
  const track = (socket: Socket): Socket => {
    sockets.add(socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket)))
    return socket
  }
  const serve = async (port: number): Promise<Server> => {
    const server = createServer((client) => {
      const upstream = track(connect(Number(targetPort), hostname))
      track(client).pipe(upstream)
      client.on('close', () => upstream.destroy())
      upstream.on('data', (chunk) => {
        if (cuts > 0) {
          cuts -= 1
          client.destroy()
        } else client.write(chunk)
      })
      upstream.on('close', () => client.destroy())
    }).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  const [port] = await freePorts(1)
  let server = await serve(port!)
  return {
    url: `http://127.0.0.1:${port}`,
    cutNextAnswer: () => {
      cuts += 1
    },
    shut: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
    open: async () => {
      server = await serve(port!)
    },
    forwardTo: (next) => {
      ;({ hostname, port: targetPort } = new URL(next))
    },
  }
}
