import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Longest that an answer is waited for. */
export const ANSWER_TIMEOUT_MS = 2_000

/** True when the URL answers with a success or a redirect. */
export async function answersHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
    await response.body?.cancel()
    return response.status < 400
  } catch {
    return false
  }
}

/** True when the server answers PING, if only by asking for a password. */
export function answersRedis(host: string, port: number, isTls = false): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = isTls
      ? connectTls({ host, port, timeout: ANSWER_TIMEOUT_MS })
      : connect({ host, port, timeout: ANSWER_TIMEOUT_MS })
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.on(isTls ? 'secureConnect' : 'connect', () => socket.write('PING\r\n'))
    socket.on('data', (data) => end(/^(\+PONG|-NOAUTH)/.test(data.toString('latin1'))))
    socket.on('error', () => end(false))
    socket.on('timeout', () => end(false))
    socket.on('close', () => end(false))
  })
}
