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
export async function answersRedis(host: string, port: number, isTls = false): Promise<boolean> {
  return /^(\+PONG|-NOAUTH)/.test(await replyToPing(host, port, isTls))
}

/** True when the server answers at all: one whose disk is full refuses even PING (MISCONF), as does one that loads its file. */
export async function isRedisAlive(host: string, port: number): Promise<boolean> {
  return /^(\+PONG|-[A-Z]+ )/.test(await replyToPing(host, port, false))
}

/** The beginning of the reply; empty where there is none. */
function replyToPing(host: string, port: number, isTls: boolean): Promise<string> {
  return new Promise((resolve) => {
    const socket = isTls
      ? connectTls({ host, port, timeout: ANSWER_TIMEOUT_MS })
      : connect({ host, port, timeout: ANSWER_TIMEOUT_MS })
    const end = (reply: string) => {
      socket.destroy()
      resolve(reply)
    }
    socket.on(isTls ? 'secureConnect' : 'connect', () => socket.write('PING\r\n'))
    socket.on('data', (data) => end(data.toString('latin1')))
    socket.on('error', () => end(''))
    socket.on('timeout', () => end(''))
    socket.on('close', () => end(''))
  })
}
