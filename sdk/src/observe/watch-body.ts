import { type StreamListener, watchedStream } from './watch-stream.ts'

/** Watches the server-sent events of a response whose body somebody else is about to read, in place. */
export function watchBody(response: Response, listener: StreamListener): void {
  if (response.body === null) {
    listener.end()
    return
  }
  const decoder = new TextDecoder()
  let pending = ''
  const body = watchedStream(response.body, {
    chunk(bytes) {
      if (!(bytes instanceof Uint8Array)) return
      const events = (pending + decoder.decode(bytes, { stream: true })).split(/\r?\n\r?\n/)
      pending = events.pop() ?? ''
      for (const event of events) listener.chunk(dataOf(event))
    },
    end: () => listener.end(),
    fail: (error) => listener.fail(error),
  })
  Object.defineProperty(response, 'body', { value: body })
}

/** `event: ping\ndata: {"type":"ping"}` */
function dataOf(event: string): unknown {
  const data = /^data:(.*)$/m.exec(event)?.[1]
  try {
    return data && JSON.parse(data)
  } catch {
    return undefined
  }
}
