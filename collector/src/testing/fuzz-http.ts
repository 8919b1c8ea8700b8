import { mutatedExchange } from './mutate-http.ts'
import { RawConnection } from './raw-http.ts'
import { rpcStatusOf } from './rpc-status.ts'

export interface HttpFuzzOptions {
  readonly port: number
  readonly requests: number
  /** Of the first request; the next ones count up from it. */
  readonly seed: number
  /** Called at 20 moments, evenly apart. */
  readonly observe: () => Promise<void>
}

/** How many requests were answered with each status; `mutated` in front where their HTTP was mutated. */
export type Answered = Readonly<Record<string, number>>

const CONNECTIONS = 16
/** Milliseconds without an answer after which a request counts as hanging. */
const HANGING = 20_000

/**
 * Sends mutated requests over HTTP.
 * @throws Error with the seed of a request that is not answered, or not as OTLP says
 */
export async function fuzzHttp({ port, requests, seed, observe }: HttpFuzzOptions): Promise<Answered> {
  const answered: Record<string, number> = {}
  const count = (name: string) => {
    answered[name] = (answered[name] ?? 0) + 1
  }
  const step = Math.ceil(requests / 20)
  let next = 0
  const send = async () => {
    let connection = await RawConnection.open(port)
    while (next < requests) {
      const at = next++
      if (at % step === step - 1) await observe()
      const { legal, bytes } = mutatedExchange((seed + at) >>> 0)
      if (!legal) {
        for (const status of await inTime(at, mutated(port, bytes))) count(`mutated ${status}`)
        continue
      }
      connection.socket.write(bytes)
      const { status, closed } = await inTime(at, answer(connection))
      count(String(status))
      if (closed) connection = await RawConnection.open(port)
    }
    connection.destroy()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
  return answered

  async function inTime<T>(at: number, outcome: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), HANGING)
    })
    try {
      return await Promise.race([outcome, late])
    } catch (cause) {
      throw new Error(`seed ${(seed + at) >>> 0}: ${(cause as Error).message}`, { cause })
    } finally {
      clearTimeout(timer)
    }
  }
}

async function answer(connection: RawConnection): Promise<{ status: number; closed: boolean }> {
  const { status, headers, body } = await connection.response()
  if (status === 200) return { status, closed: false }
  if (status !== 400 && status !== 413) throw new Error(`status ${status}: ${body.toString()}`)
  rpcStatusOf({ headers, body })
  return { status, closed: headers.connection === 'close' }
}

/** Statuses of all that is answered to bytes after which the sender says that no more come. */
async function mutated(port: number, bytes: Buffer): Promise<number[]> {
  const connection = await RawConnection.open(port)
  connection.socket.end(bytes)
  await connection.closed()
  const statuses = [...connection.rest.matchAll(/^HTTP\/1\.[01] (\d{3}) /gm)].map(([, status]) =>
    Number(status),
  )
  // Nothing but line ends is no request yet.
  if (statuses.length === 0 && bytes.toString('latin1').trim() !== '')
    throw new Error(`closed without an answer: ${JSON.stringify(bytes.toString('latin1', 0, 400))}`)
  // Who has closed its side is told to come again where it would wait for long, as on a machine that has other work.
  const isBusy = /^retry-after: /im.test(connection.rest)
  for (const status of statuses) {
    if (status >= 500 && !(status === 503 && isBusy)) throw new Error(`status ${status}: ${connection.rest}`)
  }
  return statuses
}
